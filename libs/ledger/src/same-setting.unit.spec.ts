import fc from 'fast-check';
import { budgets, propertyOptions, respelled } from '#libs/testing';
import { parseBudget, printBudget, type Budget } from './budget';
import { isSameSetting } from './same-setting';

const MONTH = { type: 'calendar', unit: 'month', zone: 'Europe/Berlin' };
const EVERY = { type: 'every', duration: 'P1W', anchor: '2026-04-01T00:00:00Z' };

describe('the setting of a budget', () => {
  it('is the same after it was read and is written back', () => {
    fc.assert(
      fc.property(budgets, (budget) => {
        const body = JSON.parse(JSON.stringify(printBudget(budget))) as unknown;
        expect(isSameSetting(read(budget.budgetId, body), budget)).toBe(true);
      }),
      propertyOptions(300),
    );
  });

  it('is the same however it is spelled', () => {
    const spelled = budgets.chain((budget) => fc.tuple(fc.constant(budget), respelled(budget)));
    fc.assert(
      fc.property(spelled, ([budget, body]) => {
        expect(isSameSetting(read(budget.budgetId, body), budget)).toBe(true);
      }),
      propertyOptions(500),
    );
  });

  it('is another one when any member says another thing', () => {
    const two = fc.tuple(budgets, budgets, fc.constantFrom(...MEMBERS));
    fc.assert(
      fc.property(two, ([one, other, member]) => {
        const changed = { ...one, [member]: other[member] };
        fc.pre(JSON.stringify(printed(changed)) !== JSON.stringify(printed(one)));
        expect(isSameSetting(changed, one)).toBe(false);
      }),
      propertyOptions(500),
    );
  });

  it.each<[string, object, object, boolean]>([
    ['zeros', { limit: '200' }, { limit: '200.00' }, true],
    [
      'the case of a zone',
      { window: MONTH },
      { window: { ...MONTH, zone: 'europe/berlin' } },
      true,
    ],
    ['zeros of a share', { warnAt: ['0.8'] }, { warnAt: ['0.80'] }, true],
    ['the order of shares', { warnAt: ['0.8', '1'] }, { warnAt: ['1.0', '0.8'] }, true],
    ['a share that stands twice', { warnAt: ['0.8'] }, { warnAt: ['0.8', '0.80'] }, true],
    ['a week as days', { window: EVERY }, { window: { ...EVERY, duration: 'P7D' } }, true],
    ['a week as seconds', { window: EVERY }, { window: { ...EVERY, duration: 'PT604800S' } }, true],
    [
      'a year as months',
      { window: { ...EVERY, duration: 'P1Y' } },
      { window: { ...EVERY, duration: 'P12M' } },
      true,
    ],
    [
      'thirty days as a month',
      { window: { ...EVERY, duration: 'P30D' } },
      { window: { ...EVERY, duration: 'P1M' } },
      false,
    ],
    [
      'the anchor in another offset',
      { window: EVERY },
      { window: { ...EVERY, anchor: '2026-04-01T02:00:00+02:00' } },
      true,
    ],
    ['another share', { warnAt: ['0.8'] }, { warnAt: ['0.81'] }, false],
    ['one share less', { warnAt: ['0.8', '1'] }, { warnAt: ['0.8'] }, false],
    ['no limit', { limit: null }, { limit: '0' }, false],
    ['another name of a zone', { window: MONTH }, { window: { ...MONTH, zone: 'CET' } }, false],
  ])('with %s', (_what, one, other, same) => {
    const least = { account: 'user:alice', limit: '1', window: { type: 'total' } };
    const [first, second] = [one, other].map((more) => read('b', { ...least, ...more }));
    expect(isSameSetting(first!, second!)).toBe(same);
  });
});

const MEMBERS = [
  'account',
  'limitPico',
  'window',
  'warnAt',
  'enforce',
  'outage',
  'validUntil',
] as const;

/** What says the same in one way only; durations that may be two spellings of one length are left out. */
function printed(budget: Budget): object {
  const { window, warnAt, ...rest } = printBudget(budget);
  return {
    ...rest,
    window: window.type === 'every' ? window.anchor : window,
    warnAt: [...new Set(warnAt.map(Number))].sort(),
  };
}

function read(budgetId: string, body: unknown): Budget {
  const budget = parseBudget(budgetId, body);
  if (!budget.ok) throw new Error(JSON.stringify(budget.errors));
  return budget.value;
}
