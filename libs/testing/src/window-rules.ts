import fc, { type Arbitrary } from 'fast-check';
import type { CalendarRule, EveryRule, WindowRule } from '#libs/ledger';
import { instants } from './instants';

/** Window rules as they are after reading, defaults filled in. */

export const ZONES: readonly string[] = Intl.supportedValuesOf('timeZone');

const startHour = fc.integer({ min: 0, max: 23 });
const startMonth = fc.integer({ min: 1, max: 12 });
const dayOf = (last: number) => fc.integer({ min: 1, max: last });

/** Calendar windows of every unit in the zones that a generator gives. */
export function calendarRulesIn(zone: Arbitrary<string>): Arbitrary<CalendarRule> {
  const rule = <Unit extends CalendarRule['unit'], Starts>(
    unit: Unit,
    starts: { [Name in keyof Starts]: Arbitrary<Starts[Name]> },
  ) =>
    fc.record({
      type: fc.constant('calendar' as const),
      unit: fc.constant(unit),
      zone,
      ...starts,
      startHour: fc.oneof(fc.constant(0), startHour),
    });
  return fc.oneof(
    rule('day', {}),
    rule('week', { startDay: dayOf(7) }),
    rule('month', { startDay: dayOf(28) }),
    rule('quarter', { startMonth, startDay: dayOf(28) }),
    rule('year', { startMonth, startDay: dayOf(28) }),
  );
}

const part = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 999_999_999 }));
const DURATIONS: Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    'PT1M',
    'PT60S',
    'P1D',
    'P7D',
    'P30D',
    'P1W',
    'P1M',
    'P3M',
    'P1Y',
    'P1Y2M10DT2H30M',
  ),
  fc.tuple(part, fc.constantFrom('Y', 'M', 'W', 'D')).map(([n, unit]) => `P${n}${unit}`),
  fc.tuple(part, fc.constantFrom('H', 'M')).map(([n, unit]) => `PT${n}${unit}`),
);

export const everyRules: Arbitrary<EveryRule> = fc.record({
  type: fc.constant('every' as const),
  duration: DURATIONS,
  anchor: instants.map((at) => at - (((at % 60_000_000n) + 60_000_000n) % 60_000_000n)),
});

export const windowRules: Arbitrary<WindowRule> = fc.oneof(
  fc.constant({ type: 'total' as const }),
  instants.map((from) => ({ type: 'total' as const, from })),
  calendarRulesIn(fc.constantFrom(...ZONES)),
  everyRules,
);
