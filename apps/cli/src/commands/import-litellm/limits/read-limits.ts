import { sql } from 'kysely';
import type { LitellmDatabase } from '../litellm-database';
import { BUDGETS, KEYS, MEMBERSHIPS, TEAMS, USERS, type LitellmTable } from '../tables';
import type { LimitKind } from './budget-id';
import type { LimitRow } from './limit-row';

const PAGE = 1000;

/** Of each kind the rows that limit anything, page by page in the order of their ids. */
export async function* readLimits(litellm: LitellmDatabase): AsyncGenerator<LimitRow> {
  for (const statement of statementsFor(litellm)) yield* pagesOf(litellm, statement);
}

async function* pagesOf(litellm: LitellmDatabase, statement: string): AsyncGenerator<LimitRow> {
  let after: readonly [string, string] = ['', ''];
  for (;;) {
    const { rows } = await sql<LimitRow>`
      select * from (${sql.raw(statement)}) limits
      where (id, coalesce("memberId", '')) > (${after[0]}, ${after[1]}) and (${sql.raw(LIMITS_ANYTHING)})
      order by id, coalesce("memberId", '') limit ${PAGE}`.execute(litellm.database.kysely);
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined) return;
    after = [last.id, last.memberId ?? ''];
  }
}

const LIMITS_ANYTHING = `
  "maxBudget" is not null or "softBudget" is not null or duration is not null
  or limits is not null or jsonb_strip_nulls(others) <> '{}'`;

function statementsFor(litellm: LitellmDatabase): string[] {
  const hasBudgets = litellm.has(BUDGETS);
  return [
    ...(litellm.has(USERS) ? [users(litellm)] : []),
    ...(litellm.has(TEAMS) ? [teams(litellm)] : []),
    ...(litellm.has(TEAMS) && hasBudgets ? [members(litellm)] : []),
    ...(litellm.has(MEMBERSHIPS) && hasBudgets ? [member(litellm)] : []),
    ...(litellm.has(KEYS) ? [keys(litellm)] : []),
  ];
}

function users(litellm: LitellmDatabase): string {
  const own = columnsOf(litellm, USERS, 'own');
  return selectOf('user', {
    id: 'own.user_id',
    maxBudget: own('max_budget'),
    duration: own('budget_duration'),
    resetAt: own('budget_reset_at'),
    others: othersOf(own),
    from: `"${USERS}" own`,
  });
}

function teams(litellm: LitellmDatabase): string {
  const own = columnsOf(litellm, TEAMS, 'own');
  return selectOf('team', {
    id: 'own.team_id',
    maxBudget: own('max_budget'),
    softBudget: own('soft_budget'),
    duration: own('budget_duration'),
    resetAt: own('budget_reset_at'),
    limits: own('budget_limits'),
    others: { ...othersOf(own), blocked: `nullif(${own('blocked')}, 'false')` },
    from: `"${TEAMS}" own`,
  });
}

/** What a team gives each of its members. */
function members(litellm: LitellmDatabase): string {
  return selectOf('members', {
    id: 'team.team_id',
    ...ofBudgetTable(litellm),
    from: `"${TEAMS}" team join "${BUDGETS}" budget on budget.budget_id = ${MEMBERS_BUDGET}`,
  });
}

/** A member whose budget is not the one that its team gives to all. */
function member(litellm: LitellmDatabase): string {
  const teamsBudget = litellm.has(TEAMS)
    ? `left join "${TEAMS}" team on team.team_id = own.team_id
       where own.budget_id is distinct from ${MEMBERS_BUDGET}`
    : '';
  return selectOf('member', {
    id: 'own.team_id',
    memberId: 'own.user_id',
    ...ofBudgetTable(litellm),
    from: `"${MEMBERSHIPS}" own join "${BUDGETS}" budget on budget.budget_id = own.budget_id ${teamsBudget}`,
  });
}

const MEMBERS_BUDGET = `team.metadata ->> 'team_member_budget_id'`;

/** What a key does not say itself its budget says (LiteLLM_VerificationTokenView). */
function keys(litellm: LitellmDatabase): string {
  const own = columnsOf(litellm, KEYS, 'own');
  const hasBudgets = litellm.has(BUDGETS) && litellm.has(KEYS, 'budget_id');
  const budget = hasBudgets ? ofBudgetTable(litellm) : undefined;
  const either = (column: string, of: string | undefined) =>
    of === undefined ? own(column) : `coalesce(${own(column)}, ${of})`;
  const given = (name: string) => `own.metadata ->> '${name}'`;
  const others = Object.entries(othersOf(own)).map(([name, value]) => [
    name,
    budget === undefined ? value : `coalesce(${value}, ${budget.others[name]})`,
  ]);
  return selectOf('key', {
    id: 'own.token',
    maxBudget: either('max_budget', budget?.maxBudget),
    softBudget: budget?.softBudget,
    duration: either('budget_duration', budget?.duration),
    resetAt: either('budget_reset_at', budget?.resetAt),
    limits: own('budget_limits'),
    increase: `coalesce(${given('temp_budget_increase')}, ${budget?.increase ?? 'null'})`,
    until: `coalesce(${given('temp_budget_expiry')}, ${budget?.until ?? 'null'})`,
    teamId: own('team_id'),
    others: {
      ...(Object.fromEntries(others) as Record<string, string>),
      blocked: `nullif(${own('blocked')}, 'false')`,
      expires: own('expires'),
    },
    from: `"${KEYS}" own ${hasBudgets ? `left join "${BUDGETS}" budget on budget.budget_id = own.budget_id` : ''}`,
  });
}

function ofBudgetTable(litellm: LitellmDatabase) {
  const budget = columnsOf(litellm, BUDGETS, 'budget');
  return {
    maxBudget: budget('max_budget'),
    softBudget: budget('soft_budget'),
    duration: budget('budget_duration'),
    resetAt: budget('budget_reset_at'),
    increase: budget('temp_budget_increase'),
    until: budget('temp_budget_expiry'),
    others: othersOf(budget),
  };
}

/** As text, whatever its type is in this version. */
type ColumnOf = (name: string) => string;

function columnsOf(litellm: LitellmDatabase, table: LitellmTable, alias: string): ColumnOf {
  return (name) => `${litellm.column(table, alias, name, 'text')}::text`;
}

/** Limits on something else than money, or on the money of one model. */
function othersOf(own: ColumnOf): Record<string, string> {
  const counts = ['tpm_limit', 'rpm_limit', 'tpd_limit', 'max_parallel_requests'];
  return {
    ...Object.fromEntries(counts.map((name) => [name, own(name)])),
    model_max_budget: `nullif(nullif(${own('model_max_budget')}, '{}'), 'null')`,
  };
}

interface Selected {
  readonly id: string;
  readonly memberId?: string;
  readonly maxBudget: string;
  readonly softBudget?: string | undefined;
  readonly duration: string;
  readonly resetAt: string;
  readonly limits?: string;
  readonly increase?: string;
  readonly until?: string;
  readonly teamId?: string;
  readonly others: Readonly<Record<string, string>>;
  readonly from: string;
}

function selectOf(kind: LimitKind, select: Selected): string {
  const absent = 'null::text';
  const others = Object.entries(select.others).map(([name, value]) => `'${name}', ${value}`);
  return `
    select '${kind}' as kind, ${select.id} as id, ${select.memberId ?? absent} as "memberId",
      ${select.maxBudget} as "maxBudget", ${select.softBudget ?? absent} as "softBudget",
      ${select.duration} as duration, ${select.resetAt} as "resetAt",
      nullif(nullif(${select.limits ?? absent}, 'null'), '[]') as limits,
      ${select.increase ?? absent} as "temporaryIncrease", ${select.until ?? absent} as "temporaryUntil",
      ${select.teamId ?? absent} as "teamId", jsonb_build_object(${others.join(', ')}) as others
    from ${select.from}`;
}
