import fc, { type Arbitrary } from 'fast-check';
import { Temporal } from 'temporal-polyfill/implementation';
import { calendarRulesIn, instants, propertyOptions, windowRules, ZONES } from '#libs/testing';
import { instantOf, type Instant } from '../instant';
import { nextStart, startsAt } from './local-clock.fixture';
import { windowOf, windowsFrom } from './window-of';
import type { Window, WindowRule } from './window-rule';

/** Of each zone only a few, in new places with each run. */
const RUNS_PER_ZONE = 2;
const MICROS = 1_000_000n;
const HOUR = 3600n * MICROS;
const YEARS = [instantOf('1840-01-01T00:00:00Z'), instantOf('2200-01-01T00:00:00Z')] as const;

/** Near a change of the clocks more often than not. */
function awkwardInstants(zone: string): Arbitrary<Instant> {
  const seconds = fc.bigInt(YEARS[0] / MICROS, YEARS[1] / MICROS).map((second) => second * MICROS);
  const aroundChanges = fc
    .tuple(seconds, fc.integer({ min: -2000, max: 2000 }), fc.constantFrom(-1n, 0n, 1n))
    .map(([at, minutes, micros]) => {
      const time = Temporal.Instant.fromEpochNanoseconds(at * 1000n).toZonedDateTimeISO(zone);
      const change = time.getTimeZoneTransition('next') ?? time;
      return change.epochNanoseconds / 1000n + BigInt(minutes) * 60n * MICROS + micros;
    });
  return fc.oneof({ weight: 3, arbitrary: aroundChanges }, seconds);
}

/** As if the rule had never been asked. */
const freshly = (rule: WindowRule, at: Instant): Window => windowOf({ ...rule }, at);

function expectToTile(rule: WindowRule, at: Instant): void {
  const window = freshly(rule, at);
  const { start, end } = window;
  if (start !== null) {
    expect(start <= at || rule.type === 'total').toBe(true);
    expect(freshly(rule, start)).toEqual(window);
    if (rule.type !== 'total') expect(freshly(rule, start - 1n).end).toBe(start);
  }
  if (end !== null) {
    expect(at < end).toBe(true);
    expect(freshly(rule, end - 1n)).toEqual(window);
    expect(freshly(rule, end).start).toBe(end);
  }
}

describe('windows', () => {
  it.each(ZONES)('in %s begin where its walls say, and tile time', (zone) => {
    fc.assert(
      fc.property(calendarRulesIn(fc.constant(zone)), awkwardInstants(zone), (rule, at) => {
        expectToTile(rule, at);
        const { start, end } = freshly(rule, at);
        const from = startsAt(rule, start!).at(-1);
        expect(from).toBeDefined();
        expect(startsAt(rule, end!)[0]).toBe(nextStart(rule, from!));
      }),
      propertyOptions(RUNS_PER_ZONE),
    );
  });

  it('of any rule hold each instant of the years 1 to 9999 once', () => {
    const { min, max } = { min: '0001-01-01T00:00:00Z', max: '9999-12-31T23:59:59.999999Z' };
    const all = fc.oneof(instants, fc.constantFrom(instantOf(min), instantOf(max)));
    fc.assert(
      fc.property(windowRules, all, (rule, at) => expectToTile(rule, at)),
      propertyOptions(400),
    );
  });

  it('are the same whatever the rule was asked before', () => {
    fc.assert(
      fc.property(windowRules, fc.array(instants, { maxLength: 10 }), (rule, asked) => {
        for (const at of asked.flatMap((at) => [at, at, at < 0n ? at + HOUR : at - HOUR])) {
          expect(windowOf(rule, at)).toEqual(freshly(rule, at));
        }
      }),
      propertyOptions(100),
    );
  });

  it('are listed one after the other', () => {
    fc.assert(
      fc.property(windowRules, instants, fc.integer({ min: 1, max: 30 }), (rule, at, count) => {
        const windows = windowsFrom(rule, at, count);
        expect(windows[0]).toEqual(windowOf(rule, at));
        for (const [n, window] of windows.slice(1).entries()) {
          expect(window.start).toBe(windows[n]!.end);
        }
        if (windows.length < count) expect(windows.at(-1)!.end).toBeNull();
      }),
      propertyOptions(100),
    );
  });
});
