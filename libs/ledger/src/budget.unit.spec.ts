import fc from 'fast-check';
import { budgets, propertyOptions } from '#libs/testing';
import { parseBudget, parseBudgetId, printBudget } from './budget';
import { instantOf } from './instant';

const LEAST = { account: 'user:alice', limit: '200.00', window: { type: 'total' } };
const faultsOf = (value: unknown) => {
  const budget = parseBudget('alice', value);
  return budget.ok ? [] : budget.errors.map(({ field, rule }) => `${field} ${rule}`);
};

describe('a budget', () => {
  it('comes back with its defaults filled in', () => {
    const budget = parseBudget('alice', LEAST);
    expect(budget).toEqual({
      ok: true,
      value: {
        budgetId: 'alice',
        account: 'user:alice',
        limitPico: 200_000_000_000_000n,
        window: { type: 'total' },
        warnAt: [],
        enforce: true,
        outage: 'closed',
      },
    });
    expect(budget.ok && printBudget(budget.value)).toEqual({
      budgetId: 'alice',
      account: 'user:alice',
      limit: '200.00',
      window: { type: 'total' },
      warnAt: [],
      enforce: true,
      outage: 'closed',
    });
  });

  it('keeps everything that was said', () => {
    const said = {
      account: 'member:a%2fb/%2a',
      limit: '0.05',
      window: { type: 'total', from: '2026-04-01T02:00:00+02:00' },
      warnAt: ['1', '0.80'],
      enforce: false,
      outage: 'open',
      validUntil: '2026-05-01t00:00:00.1234567z',
    };
    expect(parseBudget('b', said)).toEqual({
      ok: true,
      value: {
        budgetId: 'b',
        account: 'member:a%2Fb/%2A',
        limitPico: 50_000_000_000n,
        window: { type: 'total', from: instantOf('2026-04-01T00:00:00Z') },
        warnAt: ['1', '0.80'],
        enforce: false,
        outage: 'open',
        validUntil: instantOf('2026-05-01T00:00:00.123456Z'),
      },
    });
  });

  it.each([
    ['0', 0n],
    ['0.00', 0n],
    [null, null],
    ['999999999999999.999999999999', 10n ** 27n - 1n],
  ])('may have the limit %j', (limit, limitPico) => {
    expect(parseBudget('b', { ...LEAST, limit })).toMatchObject({ ok: true, value: { limitPico } });
  });

  it('is the same after it was printed and read again', () => {
    fc.assert(
      fc.property(budgets, (budget) => {
        const { budgetId, ...settings } = printBudget(budget);
        expect(parseBudget(budgetId, settings)).toEqual({ ok: true, value: budget });
        expect(parseBudget(budgetId, { budgetId, ...settings })).toEqual({
          ok: true,
          value: budget,
        });
      }),
      propertyOptions(300),
    );
  });

  it.each([
    [{ account: undefined }, 'account required'],
    [{ account: null }, 'account account'],
    [{ account: 'alice' }, 'account account'],
    [{ account: 'user:' }, 'account not_empty'],
    [{ account: ['user:alice'] }, 'account account'],
    [{ limit: undefined }, 'limit required'],
    [{ limit: 200 }, 'limit decimal_string'],
    [{ limit: '-1' }, 'limit decimal'],
    [{ limit: '1e3' }, 'limit decimal'],
    [{ limit: '1000000000000000' }, 'limit decimal'],
    [{ limit: 'null' }, 'limit decimal'],
    [{ window: undefined }, 'window required'],
    [{ window: null }, 'window object'],
    [{ window: 'total' }, 'window object'],
    [{ window: { type: 'rolling' } }, 'window.type one_of'],
    [{ window: { type: 'total', from: 'now' } }, 'window.from rfc3339'],
    [{ window: { type: 'total', zone: 'UTC' } }, 'window.zone unknown_member'],
    [{ warnAt: null }, 'warnAt list'],
    [{ warnAt: '0.8' }, 'warnAt list'],
    [{ warnAt: ['0.8', '80'] }, 'warnAt[1] share'],
    [{ enforce: null }, 'enforce boolean'],
    [{ enforce: 'false' }, 'enforce boolean'],
    [{ enforce: 0 }, 'enforce boolean'],
    [{ outage: null }, 'outage one_of'],
    [{ outage: 'Open' }, 'outage one_of'],
    [{ outage: ['open'] }, 'outage one_of'],
    [{ validUntil: null }, 'validUntil rfc3339'],
    [{ validUntil: '2026-05-01T00:00:00' }, 'validUntil offset'],
    [{ budgetId: 'bob' }, 'budgetId same_id'],
    [{ budgetId: null }, 'budgetId same_id'],
    [{ currency: 'USD' }, 'currency unknown_member'],
    [{ warnat: ['1'] }, 'warnat unknown_member'],
    [{ constructor: 1 }, 'constructor unknown_member'],
  ])('is refused with %j', (change, fault) => {
    expect(faultsOf({ ...LEAST, ...change })).toEqual([fault]);
  });

  it('tells of every faulty member at once', () => {
    const faults = faultsOf({
      account: 7,
      limit: 7,
      window: 7,
      warnAt: 7,
      enforce: 7,
      outage: 7,
      validUntil: 7,
      strange: 7,
      'sk-abcdefghijklmnop': 7,
    });
    expect(faults.sort()).toEqual([
      '(secret) unknown_member',
      'account account',
      'enforce boolean',
      'limit decimal_string',
      'outage one_of',
      'strange unknown_member',
      'validUntil rfc3339',
      'warnAt list',
      'window object',
    ]);
    expect(faultsOf({})).toEqual(['account required', 'limit required', 'window required']);
  });

  it.each([[null], [undefined], [[]], [[LEAST]], ['{}'], [7]])('is no %j', (value) => {
    expect(faultsOf(value)).toEqual([' object']);
  });

  it('takes nothing from a member named __proto__', () => {
    const text = '{"account":"user:a","limit":"1","__proto__":{"window":{"type":"total"}}}';
    expect(faultsOf(JSON.parse(text))).toEqual(['__proto__ unknown_member', 'window required']);
  });
});

describe('the id of a budget', () => {
  it.each(['a', 'alice-month', 'A.b_c~d:e@f-9', '..', 'x'.repeat(128)])('may be %s', (id) => {
    expect(parseBudgetId(id, 'budgetId')).toEqual({ ok: true, value: id });
  });

  it.each([
    '',
    'x'.repeat(129),
    'a/b',
    'a b',
    ' a',
    'a\n',
    'a%2F',
    'josé',
    'a+b',
    'a*',
    '\u0000',
    7,
    null,
    undefined,
    ['a'],
  ])('may not be %j', (id) => {
    expect(parseBudgetId(id, 'budgetId')).toMatchObject({
      ok: false,
      errors: [{ field: 'budgetId', rule: 'budget_id' }],
    });
  });
});
