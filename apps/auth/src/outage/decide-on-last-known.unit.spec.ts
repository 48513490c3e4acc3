import {
  instantOf,
  parseAccount,
  parseBudget,
  picoOfDecimal,
  windowOf,
  type Account,
  type BudgetState,
  type Position,
} from '#libs/ledger';
import { decideOnLastKnown } from './decide-on-last-known';
import { LastKnown, type Moment } from './last-known';

const T0 = instantOf('2026-04-27T10:00:30Z');
const SECOND = 1_000_000n;
const PARTITIONS = 4;
const POLICY = { partitions: PARTITIONS, unbudgeted: 'allow' } as const;
const MINUTES = { type: 'every', duration: 'PT1M', anchor: '2026-01-01T00:00:00Z' };

const account = (name: string) => (parseAccount(name, '') as { value: Account }).value;

function state(name: string, spent: string, settings: object = {}, at = T0): BudgetState {
  const given = { account: name, limit: '10', window: { type: 'total' }, ...settings };
  const result = parseBudget(`b-${name.replace(':', '-')}`, given);
  if (!result.ok) throw new Error(JSON.stringify(result.errors));
  const { value: budget } = result;
  const window = windowOf(budget.window, at);
  const spentPico = picoOfDecimal(spent);
  return { budget, account: account(name), window, spentPico, heldPico: 0n };
}

describe('a decision on what was last known', () => {
  let nowMs: number;
  let known: LastKnown;

  beforeEach(() => {
    nowMs = 0;
    known = new LastKnown({ maxAccounts: 100, monotonicMs: () => nowMs });
  });

  /** So long after T0 every partition had come so far, and had caught up a second before. */
  const moment = (after: bigint, offset: bigint): Moment => ({
    now: T0 + after,
    fences: new Map(
      Array.from({ length: PARTITIONS }, (_, partition) => [
        partition,
        { nextOffset: offset, caughtUpAt: T0 + after - SECOND },
      ]),
    ),
  });
  const read = (name: string, states: readonly BudgetState[], snapshot = moment(0n, 5n)) => {
    known.note(snapshot);
    known.remember(snapshot, name, states);
  };
  const decideFor = (
    names: readonly string[],
    { estimate, minPosition }: { estimate?: string; minPosition?: Position } = {},
    unbudgeted: 'allow' | 'deny' = 'allow',
  ) =>
    decideOnLastKnown(
      known,
      new Map(names.map((name) => [name, account(name)])),
      {
        estimatePico: estimate === undefined ? undefined : picoOfDecimal(estimate),
        minPosition,
      },
      { ...POLICY, unbudgeted },
    );

  it('is none before anything was read', () => {
    expect(decideFor(['user:a'])).toBeUndefined();
  });

  it.each<[string, string, object, string | undefined, boolean]>([
    ['closed', '3', {}, undefined, false],
    ['closed, and the estimate fits', '3', {}, '1', false],
    ['closed, and the call is free', '3', {}, '0', true],
    ['closed, without a limit', '3', { limit: null }, undefined, false],
    ['open', '3', { outage: 'open' }, undefined, true],
    ['open, and the estimate does not fit', '3', { outage: 'open' }, '8', true],
    ['open and exceeded', '10', { outage: 'open' }, undefined, false],
    ['open and exceeded, and the call is free', '10', { outage: 'open' }, '0', true],
    ['closed and exceeded, but a shadow', '10', { enforce: false }, undefined, true],
  ])('a budget that is %s', (_what, spent, settings, estimate, allowed) => {
    read('user:a', [state('user:a', spent, settings)]);
    const decision = decideFor(['user:a'], estimate === undefined ? {} : { estimate });
    expect(decision).toMatchObject({ allowed, degraded: true, unbudgeted: false });
    expect(decision!.budgets).toHaveLength(1);
  });

  it.each([
    ['allow', undefined, true],
    ['deny', undefined, false],
    ['deny', '0', false],
  ] as const)('known to have no budget, %s, asked for %s: %p', (unbudgeted, estimate, allowed) => {
    read('user:a', []);
    const decision = decideFor(['user:a'], estimate === undefined ? {} : { estimate }, unbudgeted);
    expect(decision).toMatchObject({ allowed, unbudgeted: true, budgets: [], degraded: true });
  });

  it.each([undefined, '1', '0'])('blocks a scope with an unknown account, asked for %s', (more) => {
    read('user:a', [state('user:a', '3', { outage: 'open' })]);
    const asked = more === undefined ? {} : { estimate: more };
    expect(decideFor(['key:k', 'user:a'], asked)).toMatchObject({
      allowed: false,
      blockedBy: null,
      budgets: [],
      unbudgeted: false,
      remainingPico: null,
      message: expect.stringMatching(/ledger is behind.* known here of key:k$/),
      decidedAt: T0,
      position: '0:5,1:5,2:5,3:5',
      asOf: T0 - SECOND,
    });
  });

  it('is of now by the ledger’s clock, with numbers of then', () => {
    read('user:a', [state('user:a', '3')]);
    nowMs = 2500;
    expect(decideFor(['user:a'])).toMatchObject({
      decidedAt: T0 + 2_500_000n,
      asOf: T0 - SECOND,
      lagMs: 3500,
      position: '0:5,1:5,2:5,3:5',
    });
  });

  it('is as old as the oldest of its accounts, and no further than any of them', () => {
    read('user:a', [state('user:a', '3')], moment(0n, 5n));
    read('key:k', [], moment(10n * SECOND, 9n));
    expect(decideFor(['key:k'])).toMatchObject({
      asOf: T0 + 9n * SECOND,
      position: '0:9,1:9,2:9,3:9',
    });
    expect(decideFor(['key:k', 'user:a'])).toMatchObject({
      decidedAt: T0 + 10n * SECOND,
      asOf: T0 - SECOND,
      position: '0:5,1:5,2:5,3:5',
    });
  });

  it('is as old as the oldest of all partitions: any may hold a change of the limits', () => {
    const { now, fences } = moment(0n, 5n);
    const caughtUpAt = T0 - 60n * SECOND;
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const aged = { now, fences: new Map(fences).set(partition, { nextOffset: 5n, caughtUpAt }) };
      read('user:a', [state('user:a', '3')], aged);
      expect(decideFor(['user:a'])!.asOf).toBe(caughtUpAt);
    }
  });

  it('includes the position asked for, or is refused', () => {
    read('user:a', [state('user:a', '3')], moment(0n, 5n));
    read('key:k', [], moment(10n * SECOND, 9n));
    const minPosition = new Map([[2, 6n]]);
    expect(decideFor(['key:k'], { minPosition })).toBeDefined();
    for (const names of [['user:a'], ['user:a', 'key:k']]) {
      expect(() => decideFor(names, { minPosition })).toThrow(
        expect.objectContaining({ code: 'not_yet_visible' }),
      );
    }
  });

  describe('of a window that has turned', () => {
    it.each([
      ['open', '10', true],
      ['closed', '10', false],
    ])('%s: nothing is known to be spent in the new one', (outage, spent, allowed) => {
      read('user:a', [state('user:a', spent, { window: MINUTES, outage })]);
      nowMs = 29_999;
      expect(decideFor(['user:a'])).toMatchObject({
        allowed: false,
        budgets: [{ verdict: 'exceeded' }],
      });
      nowMs = 30_000;
      const decision = decideFor(['user:a'])!;
      expect(decision).toMatchObject({ allowed, budgets: [{ verdict: 'ok', spentPico: 0n }] });
      expect(decision.budgets[0]!.window.start).toBe(instantOf('2026-04-27T10:01:00Z'));
      expect(decision.message === '').toBe(allowed);
    });

    it('a limit of zero allows nothing there either', () => {
      const settings = { window: MINUTES, outage: 'open', limit: '0' };
      read('user:a', [state('user:a', '0', settings)]);
      nowMs = 30_000;
      expect(decideFor(['user:a'])).toMatchObject({
        allowed: false,
        message: expect.stringMatching(/^Budget has been exceeded!/),
      });
    });
  });

  it.each([
    ['open', true],
    ['closed', false],
  ])('of a limit whose validUntil has passed, %s: nobody knows what it is', (outage, allowed) => {
    const validUntil = '2026-04-27T10:00:40Z';
    read('user:a', [state('user:a', '10', { outage, validUntil })]);
    nowMs = 9_999;
    expect(decideFor(['user:a'])).toMatchObject({ allowed: false });
    nowMs = 10_000;
    expect(decideFor(['user:a'])).toMatchObject({ allowed, remainingPico: null });
  });
});
