import fc, { type Arbitrary } from 'fast-check';
import { printBudget, type Budget } from '#libs/ledger';

type Members = Record<string, unknown>;

/** A budget as a caller may write it in JSON: its setting, spelled in some other way. */
export function respelled(budget: Budget): Arbitrary<Members> {
  const { budgetId, ...settings } = printBudget(budget);
  return fc
    .record({
      account: fc.constantFrom(settings.account, withLowerEscapes(settings.account)),
      limit: settings.limit === null ? fc.constant(null) : decimals(settings.limit),
      window: windows({ ...settings.window }),
      warnAt: shares(settings.warnAt),
      enforce: fc.constant(settings.enforce),
      outage: fc.constant(settings.outage),
      ...(settings.validUntil !== undefined && { validUntil: times(settings.validUntil) }),
      budgetId: fc.constantFrom(budgetId, undefined),
    })
    .chain((members) =>
      maybeWithout(members, { warnAt: '[]', enforce: 'true', outage: '"closed"' }),
    )
    .chain(shuffled);
}

/** The same number with other zeros after its point. */
function decimals(text: string): Arbitrary<string> {
  const [whole, fraction = ''] = text.split('.') as [string, string?];
  const least = fraction.replace(/0+$/, '');
  return fc
    .integer({ min: least.length, max: 12 })
    .map((digits) => (digits === 0 ? whole : `${whole}.${least.padEnd(digits, '0')}`));
}

function shares(given: readonly string[]): Arbitrary<string[]> {
  const one = (share: string) => (share.startsWith('0') ? decimalsOfShare(share) : decimals(share));
  return fc
    .tuple(...given.map(one), ...given.slice(0, 3).map(one))
    .chain((all) => fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length }));
}

/** A share below 1 has a point. */
function decimalsOfShare(share: string): Arbitrary<string> {
  return decimals(share).filter((text) => text.includes('.'));
}

/** The same instant with another offset, in other letters, with digits that are cut off. */
function times(text: string): Arbitrary<string> {
  const [, seconds, fraction = ''] = /^(.{19})(?:\.(\d+))?Z$/.exec(text)!;
  const digits = fc.constantFrom(fraction, `${fraction.padEnd(6, '0')}999`);
  return fc.tuple(fc.integer({ min: -1439, max: 1439 }), digits).map(([offset, shown]) => {
    const local = new Date(Date.parse(`${seconds}Z`) + offset * 60_000).toISOString();
    const tail = shown === '' ? '' : `.${shown}`;
    if (!/^(?!0000)\d{4}-/.test(local)) return `${seconds!.replace('T', 't')}${tail}z`;
    const minutes = Math.abs(offset);
    const two = (n: number) => String(n).padStart(2, '0');
    const sign = offset < 0 ? '-' : '+';
    return `${local.slice(0, 19)}${tail}${sign}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
  });
}

function windows(window: Members): Arbitrary<Members> {
  switch (window['type']) {
    case 'total':
      return window['from'] === undefined
        ? fc.constant(window)
        : times(window['from'] as string).map((from) => ({ ...window, from }));
    case 'every':
      return fc
        .record({
          duration: durations(window['duration'] as string),
          anchor: times(window['anchor'] as string),
        })
        .map((more) => ({ ...window, ...more }))
        .chain(shuffled);
    default: {
      const zone = window['zone'] as string;
      return fc
        .constantFrom(zone, zone.toLowerCase(), zone.toUpperCase())
        .map((spelled) => ({ ...window, zone: spelled }))
        .chain((members) =>
          maybeWithout(members, { startHour: '0', startDay: '1', startMonth: '1' }),
        )
        .chain(shuffled);
    }
  }
}

const DURATION =
  /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/;
const MOST = 999_999_999;

/** The same months and the same seconds, as other units. */
function durations(text: string): Arbitrary<string> {
  const [years, months, weeks, days, hours, minutes, seconds] = DURATION.exec(text)!
    .slice(1)
    .map((digits = '0') => Number(digits)) as [
    ...[number, number, number, number],
    ...[number, number, number],
  ];
  const allMonths = 12 * years + months;
  const allSeconds = seconds + 60 * minutes + 3600 * hours + 86_400 * days + 7 * 86_400 * weeks;
  const forms = [text];
  if (allMonths <= MOST && allSeconds <= MOST) forms.push(`P${allMonths}MT${allSeconds}S`);
  if (allMonths <= MOST && allSeconds % 86_400 === 0 && allSeconds / 86_400 <= MOST) {
    forms.push(`P${allMonths}M${allSeconds / 86_400}D`);
  }
  return fc.constantFrom(...forms);
}

/** Leaves out members that have their defaults, or not. */
function maybeWithout(members: Members, defaults: Record<string, string>): Arbitrary<Members> {
  const droppable = Object.keys(members).filter(
    (name) => JSON.stringify(members[name]) === defaults[name],
  );
  return fc
    .subarray(droppable)
    .map((dropped) =>
      Object.fromEntries(Object.entries(members).filter(([name]) => !dropped.includes(name))),
    );
}

function shuffled(members: Members): Arbitrary<Members> {
  const entries = Object.entries(members).filter(([, value]) => value !== undefined);
  return fc
    .shuffledSubarray(entries, { minLength: entries.length, maxLength: entries.length })
    .map((given) => Object.fromEntries(given));
}

function withLowerEscapes(account: string): string {
  return account.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase());
}
