import { instantOf, parseBudget } from '#libs/ledger';
import type { LimitRow } from './limit-row';
import { planLimits } from './plan-limits';

const RULES = { zone: 'UTC', resetMinute: 0, now: instantOf('2026-11-30T04:00:00Z') };

function limitRow(columns: Partial<LimitRow>): LimitRow {
  return {
    kind: 'user',
    id: 'alice',
    memberId: null,
    teamId: null,
    maxBudget: null,
    softBudget: null,
    duration: null,
    resetAt: null,
    limits: null,
    temporaryIncrease: null,
    temporaryUntil: null,
    others: {},
    ...columns,
  };
}
const plan = (columns: Partial<LimitRow>) => {
  const { budgets, notMoved } = planLimits(limitRow(columns), RULES);
  return { budgets, notMoved };
};
const total = { window: { type: 'total' }, faithful: 'exact' };

describe('what a limit of LiteLLM becomes', () => {
  it('is a budget on the account, which the doors take', () => {
    const { budgets } = plan({ maxBudget: '200' });
    expect(budgets).toEqual([
      { budgetId: 'litellm:user:alice', account: 'user:alice', limit: '200.00', ...total },
    ]);
    const { budgetId, account, limit, window } = budgets[0]!;
    expect(parseBudget(budgetId, { account, limit, window }).ok).toBe(true);
  });

  it.each<[Partial<LimitRow>, string, string]>([
    [{ id: 'auth0|7f3' }, 'litellm:user:sha256-a1b4b51b2da4dde1eca0f3c20dc8ca6e', 'user:auth0|7f3'],
    [
      { kind: 'team', id: 'odd/t%1' },
      expect.stringMatching(/^litellm:team:sha256-[0-9a-f]{32}$/) as string,
      'team:odd%2Ft%251',
    ],
    [{ kind: 'members', id: 'ops' }, 'litellm:members:ops', 'member:ops/*'],
    [{ kind: 'member', id: 'ml', memberId: 'erin' }, 'litellm:member:ml:erin', 'member:ml/erin'],
    [{ kind: 'key', id: 'f'.repeat(64) }, `litellm:key:${'f'.repeat(64)}`, `key:${'f'.repeat(64)}`],
    [
      { kind: 'member', id: 'a'.repeat(80), memberId: 'b'.repeat(80) },
      expect.stringMatching(/^litellm:member:sha256-/) as string,
      `member:${'a'.repeat(80)}/${'b'.repeat(80)}`,
    ],
  ])('%j', (columns, budgetId, account) => {
    expect(plan({ maxBudget: '1', ...columns }).budgets).toMatchObject([{ budgetId, account }]);
  });

  it('blocks at zero, but for a member, whose zero means off in LiteLLM', () => {
    expect(plan({ maxBudget: '0' }).budgets).toMatchObject([{ limit: '0.00' }]);
    const member = plan({ kind: 'member', id: 'ml', memberId: 'erin', maxBudget: '0' });
    expect(member.budgets).toEqual([]);
    expect(member.notMoved).toMatchObject([{ id: 'ml/erin', what: 'max_budget', value: '0' }]);
  });

  it.each(['NaN', 'Infinity', '-1', '1e+15'])('is none where the limit is %s', (maxBudget) => {
    const { budgets, notMoved } = plan({ maxBudget, duration: '30d' });
    expect(budgets).toEqual([]);
    expect(notMoved).toMatchObject([{ what: 'max_budget', value: maxBudget }]);
  });

  it('is none where there is a duration alone', () => {
    const { budgets, notMoved } = plan({ duration: '30d' });
    expect(budgets).toEqual([]);
    expect(notMoved).toMatchObject([{ what: 'budget_duration', value: '30d' }]);
  });

  it('warns at its soft limit, and a soft limit alone only reports', () => {
    expect(plan({ maxBudget: '5', softBudget: '4' }).budgets).toMatchObject([{ warnAt: ['0.8'] }]);
    expect(plan({ maxBudget: '3', softBudget: '1' }).budgets).toMatchObject([
      { warnAt: ['0.333333333333'] },
    ]);
    expect(plan({ maxBudget: '5', softBudget: '5' }).budgets).toMatchObject([{ warnAt: ['1'] }]);
    expect(plan({ softBudget: '4' }).budgets).toMatchObject([{ limit: '4.00', enforce: false }]);
    const above = plan({ maxBudget: '5', softBudget: '6' });
    expect(above.budgets).toEqual([
      expect.not.objectContaining({ warnAt: expect.anything() as unknown }),
    ]);
    expect(above.notMoved).toMatchObject([{ what: 'soft_budget', value: '6' }]);
  });

  it('holds for a time where it was raised for one', () => {
    const raised = { maxBudget: '5', temporaryIncrease: '2.5' };
    expect(plan({ ...raised, temporaryUntil: '2026-12-24 00:00:00' }).budgets).toMatchObject([
      { budgetId: 'litellm:user:alice', limit: '5.00' },
      { budgetId: 'litellm:user:alice', limit: '7.50', validUntil: '2026-12-24T00:00:00Z' },
    ]);
    expect(plan({ ...raised, temporaryUntil: '2026-11-30 04:00:00' }).budgets).toHaveLength(1);
    expect(plan(raised).notMoved).toMatchObject([{ what: 'temp_budget_increase' }]);
  });

  it('is several where there are several, each with its own id', () => {
    const limits = JSON.stringify([
      { budget_duration: '24h', max_budget: 1, reset_at: '2026-12-01T00:00:00+00:00' },
      { budget_duration: '14d', max_budget: 9.5, reset_at: '2026-12-14T00:00:00+00:00' },
      { budget_duration: '30s', max_budget: 1 },
    ]);
    const { budgets, notMoved } = plan({ kind: 'key', id: 'k', limits });
    expect(budgets).toMatchObject([
      { budgetId: 'litellm:key:k:24h', limit: '1.00', window: { unit: 'day' } },
      {
        budgetId: 'litellm:key:k:14d',
        limit: '9.50',
        window: { duration: 'P14D', anchor: '2026-11-30T00:00:00Z' },
      },
    ]);
    expect(notMoved).toMatchObject([{ what: 'budget_duration', value: '1.00 per 30s' }]);
  });

  it('stays in LiteLLM where the ledger has nothing like it', () => {
    const { notMoved } = plan({
      kind: 'team',
      id: 'ml',
      others: { rpm_limit: '7', blocked: null },
    });
    expect(notMoved).toMatchObject([{ kind: 'team', id: 'ml', what: 'rpm_limit', value: '7' }]);
    expect(plan({ id: 'litellm-proxy-budget', maxBudget: '9' })).toMatchObject({
      budgets: [],
      notMoved: [{ what: 'max_budget', value: '9' }],
    });
    expect(
      plan({ kind: 'key', id: 'k', teamId: 'litellm-dashboard', maxBudget: '1' }),
    ).toMatchObject({ budgets: [], notMoved: [{ what: 'max_budget' }] });
  });
});
