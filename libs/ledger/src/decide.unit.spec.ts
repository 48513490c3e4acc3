import { parseAccount, type Account } from './account';
import type { Budget } from './budget';
import { decide, judge } from './decide';
import { instantOf } from './instant';
import type { BudgetState, DecisionTerms } from './judgement';
import { formatMoney, picoOfDecimal } from './money';

interface Given {
  readonly id?: string;
  readonly account?: string;
  readonly limit?: string | null;
  readonly spent?: string;
  readonly held?: string;
  readonly warnAt?: readonly string[];
  readonly enforce?: boolean;
  readonly outage?: Budget['outage'];
  /** When its window ends; null never. */
  readonly end?: string | null;
}

function given({ account = 'user:alice', spent = '0', held = '0', end = null, ...rest }: Given) {
  const parsedAccount = parseAccount(account, 'account') as { value: Account };
  const { id = 'b', limit = '10', warnAt = [], enforce = true, outage = 'closed' } = rest;
  const budget: Budget = {
    budgetId: id,
    account,
    limitPico: limit === null ? null : picoOfDecimal(limit),
    window: { type: 'total' },
    warnAt,
    enforce,
    outage,
  };
  const state: BudgetState = {
    budget,
    account: parsedAccount.value,
    window: { start: null, end: end === null ? null : instantOf(end) },
    spentPico: picoOfDecimal(spent),
    heldPico: picoOfDecimal(held),
  };
  return state;
}

function asked(estimate?: string, rest: Partial<DecisionTerms> = {}): DecisionTerms {
  const estimatePico = estimate === undefined ? undefined : picoOfDecimal(estimate);
  return { estimatePico, behind: false, unbudgeted: 'allow', ...rest };
}

const remainingOf = (pico: bigint | null) => (pico === null ? null : formatMoney(pico));

describe('the verdict of one budget', () => {
  it.each<[Given, string | undefined, string, string | null]>([
    // Without an estimate the cost is unknown.
    [{ limit: '10' }, undefined, 'ok', '10.00'],
    [{ limit: '10', spent: '9.999999999999' }, undefined, 'ok', '0.000000000001'],
    [{ limit: '10', spent: '10' }, undefined, 'exceeded', '0.00'],
    [{ limit: '10', spent: '10.000000000001' }, undefined, 'exceeded', '0.00'],
    [{ limit: '10', spent: '4', held: '6' }, undefined, 'exceeded', '0.00'],
    [{ limit: '10', spent: '4', held: '5.99' }, undefined, 'ok', '0.01'],
    [{ limit: '10', held: '12' }, undefined, 'exceeded', '0.00'],
    // With one it must fit.
    [{ limit: '10', spent: '4', held: '2' }, '4', 'ok', '4.00'],
    [{ limit: '10', spent: '4', held: '2' }, '4.000000000001', 'insufficient', '4.00'],
    [{ limit: '10', spent: '10' }, '4', 'exceeded', '0.00'],
    [{ limit: '10', spent: '10' }, '0.000000000001', 'exceeded', '0.00'],
    // A free call changes nothing about the budget.
    [{ limit: '10', spent: '4' }, '0', 'ok', '6.00'],
    [{ limit: '10', spent: '10' }, '0', 'exceeded', '0.00'],
    // A limit of zero allows nothing.
    [{ limit: '0' }, undefined, 'exceeded', '0.00'],
    [{ limit: '0' }, '0', 'exceeded', '0.00'],
    [{ limit: '0' }, '1', 'exceeded', '0.00'],
    // No limit is never reached.
    [{ limit: null, spent: '1000000', held: '5' }, undefined, 'ok', null],
    [{ limit: null, spent: '1000000' }, '999999999999999', 'ok', null],
    // Warnings compare what is spent, not what is held.
    [{ limit: '10', spent: '8', warnAt: ['0.8'] }, undefined, 'warned', '2.00'],
    [{ limit: '10', spent: '7.99', held: '2', warnAt: ['0.8'] }, undefined, 'ok', '0.01'],
    [{ limit: '10', spent: '8', warnAt: ['0.8'] }, '3', 'insufficient', '2.00'],
    [{ limit: '10', spent: '10', warnAt: ['0.8'] }, undefined, 'exceeded', '0.00'],
    // A shadow budget is judged like any other.
    [{ limit: '10', spent: '10', enforce: false }, undefined, 'exceeded', '0.00'],
    [{ limit: '10', spent: '9', enforce: false }, '2', 'insufficient', '1.00'],
  ])('%j asked for %s is %s, with %s left', (state, estimate, verdict, remaining) => {
    const judged = judge(given(state), asked(estimate).estimatePico);
    expect(judged.verdict).toBe(verdict);
    expect(remainingOf(judged.remainingPico)).toBe(remaining);
  });

  it.each<[Given, string | null]>([
    [{ limit: '10', spent: '7.99', warnAt: ['0.80', '1'] }, null],
    [{ limit: '10', spent: '8', warnAt: ['0.80', '1'] }, '0.80'],
    [{ limit: '10', spent: '11', warnAt: ['1', '0.80'] }, '1'],
    [{ limit: null, spent: '11', warnAt: ['0.80'] }, null],
    [{ limit: '10', spent: '11' }, null],
  ])('%j carries the warning %p', (state, warning) => {
    expect(judge(given(state), undefined).warning).toBe(warning);
  });
});

describe('the decision', () => {
  it.each<[string, readonly Given[], DecisionTerms, readonly string[]]>([
    ['there is room', [{ spent: '9' }], asked(), []],
    ['the estimate fits to the last unit', [{ spent: '9' }], asked('1'), []],
    ['the estimate does not fit', [{ spent: '9' }], asked('1.000000000001'), ['b']],
    ['the limit is reached', [{ spent: '10' }], asked(), ['b']],
    ['the limit is reached by holds', [{ spent: '3', held: '7' }], asked(), ['b']],
    ['the limit is passed', [{ spent: '411.92', limit: '200' }], asked(), ['b']],
    ['the call is free at the limit', [{ spent: '10' }], asked('0'), []],
    ['the call is free beyond the limit', [{ spent: '99' }], asked('0'), []],
    ['the limit is zero', [{ limit: '0' }], asked(), ['b']],
    ['the limit is zero and the call free', [{ limit: '0' }], asked('0'), []],
    ['there is no limit', [{ limit: null, spent: '1000000' }], asked('5'), []],
    ['only a shadow budget is exceeded', [{ spent: '10', enforce: false }], asked(), []],
    ['only a shadow budget is short', [{ spent: '9', enforce: false }], asked('2'), []],
    ['a warning is reached', [{ spent: '9', warnAt: ['0.8'] }], asked(), []],
    [
      'one budget of several is exceeded',
      [{ id: 'a' }, { id: 'b', spent: '10' }, { id: 'c' }],
      asked(),
      ['b'],
    ],
    [
      'the exceeded one of two is a shadow',
      [
        { id: 'a', spent: '10', enforce: false },
        { id: 'b', spent: '9' },
      ],
      asked(),
      [],
    ],
  ])('when %s', (_when, states, terms, blockers) => {
    const judgement = decide(states.map(given), terms);
    expect(judgement.allowed).toBe(blockers.length === 0);
    expect(judgement.blockedBy?.budget.budgetId ?? null).toBe(blockers[0] ?? null);
    expect(judgement.message === '').toBe(judgement.allowed);
    expect(judgement.unbudgeted).toBe(false);
    expect(judgement.budgets.map(({ budget }) => budget.budgetId)).toEqual(
      states.map(({ id = 'b' }) => id),
    );
  });

  it('names of the blocking budgets the one that never resets', () => {
    const judgement = decide(
      [
        given({ id: 'month', spent: '10', end: '2026-05-01T00:00:00Z' }),
        given({ id: 'total', spent: '10' }),
        given({ id: 'year', spent: '10', end: '2027-01-01T00:00:00Z' }),
      ],
      asked(),
    );
    expect(judgement.blockedBy?.budget.budgetId).toBe('total');
  });

  it('else the one that resets last, else the first id; whatever their order', () => {
    const states = [
      given({ id: 'day', spent: '10', end: '2026-04-28T00:00:00Z' }),
      given({ id: 'month-b', spent: '10', end: '2026-05-01T00:00:00Z' }),
      given({ id: 'month-a', spent: '10', end: '2026-05-01T00:00:00Z' }),
      given({ id: 'year', spent: '9', end: '2027-01-01T00:00:00Z' }),
    ];
    for (const order of permutations(states)) {
      expect(decide(order, asked()).blockedBy?.budget.budgetId).toBe('month-a');
      expect(decide(order, asked('2')).blockedBy?.budget.budgetId).toBe('year');
    }
  });

  it('names the first id of several that never reset', () => {
    for (const order of permutations(['z', 'a', 'B'])) {
      const states = order.map((id) => given({ id, spent: '10' }));
      expect(decide(states, asked()).blockedBy?.budget.budgetId).toBe('B');
    }
  });

  it.each<[string, readonly Given[], string | null]>([
    ['the least', [{ spent: '4' }, { spent: '7', held: '1' }, { spent: '0' }], '2.00'],
    ['zero at the limit', [{ spent: '4' }, { spent: '12' }], '0.00'],
    ['not that of a shadow', [{ spent: '4' }, { spent: '9', enforce: false }], '6.00'],
    ['not that of no limit', [{ limit: null }, { spent: '4' }], '6.00'],
    ['nothing when no budget has a limit', [{ limit: null }], null],
    ['nothing when only shadows have one', [{ enforce: false }], null],
    ['nothing without budgets', [], null],
  ])('says what remains: %s', (_what, states, remaining) => {
    expect(remainingOf(decide(states.map(given), asked()).remainingPico)).toBe(remaining);
  });

  it.each<[string | undefined, 'allow' | 'deny', boolean]>([
    [undefined, 'allow', true],
    ['5', 'allow', true],
    [undefined, 'deny', false],
    ['5', 'deny', false],
    ['0', 'deny', false],
  ])('without any budget, asked for %s, with %s: %p', (estimate, unbudgeted, allowed) => {
    const judgement = decide([], asked(estimate, { unbudgeted }));
    expect(judgement).toMatchObject({ allowed, unbudgeted: true, budgets: [], blockedBy: null });
    expect(judgement.message === '').toBe(allowed);
  });

  it('denies only what no budget covers, a shadow one included', () => {
    const judgement = decide([given({ enforce: false })], asked('5', { unbudgeted: 'deny' }));
    expect(judgement).toMatchObject({ allowed: true, unbudgeted: false });
  });
});

describe('the decision of a ledger that is behind', () => {
  const behind = { behind: true } as const;

  it.each<[string, Given, DecisionTerms, boolean]>([
    ['a closed budget with room blocks', {}, asked(undefined, behind), false],
    ['a closed budget with room for the estimate blocks', {}, asked('1', behind), false],
    ['an open budget with room passes', { outage: 'open' }, asked(undefined, behind), true],
    ['an open budget that is short passes', { outage: 'open' }, asked('99', behind), true],
    ['an exceeded open one blocks', { outage: 'open', spent: '10' }, asked('1', behind), false],
    ['an exceeded closed one blocks', { spent: '10' }, asked('1', behind), false],
    ['a shadow passes, closed', { enforce: false }, asked('1', behind), true],
    ['a shadow passes, exceeded', { enforce: false, spent: '10' }, asked('1', behind), true],
    ['a free call passes a closed one', {}, asked('0', behind), true],
    ['a closed one without a limit blocks too', { limit: null }, asked('1', behind), false],
  ])('%s', (_what, state, terms, allowed) => {
    const judgement = decide([given(state)], terms);
    expect(judgement.allowed).toBe(allowed);
    expect(judgement.message === '').toBe(allowed);
  });

  it('says that it is behind, unless the budget is known to be exceeded', () => {
    const closed = decide([given({ spent: '3' })], asked('1', behind));
    expect(closed.message).toMatch(/ledger is behind/);
    expect(closed.message).toContain('User=alice');
    const exceeded = decide([given({ spent: '10' })], asked('1', behind));
    expect(exceeded.message).toMatch(/^Budget has been exceeded! User=alice/);
  });
});

function permutations<T>(list: readonly T[]): T[][] {
  if (list.length < 2) return [[...list]];
  return list.flatMap((first, at) =>
    permutations([...list.slice(0, at), ...list.slice(at + 1)]).map((rest) => [first, ...rest]),
  );
}

it.each<[string, BudgetState['account']]>([
  ['a cap over the ledger', { kind: 'ledger' }],
  ['a label that the call does not say', { kind: 'missing_label', name: 'project' }],
])('%s covers no call', (_what, account) => {
  const state = { ...given({ limit: null, enforce: false }), account };
  const terms = { estimatePico: undefined, behind: false, unbudgeted: 'deny' } as const;
  expect(decide([state], terms)).toMatchObject({ allowed: false, unbudgeted: true });
  expect(decide([state, given({})], terms).unbudgeted).toBe(false);
});
