import { sql, type RawBuilder } from 'kysely';
import type { LitellmDatabase } from '../litellm-database';
import { BUDGETS, DELETED_KEYS, KEYS, MEMBERSHIPS, TEAMS, USERS } from '../tables';

export type CounterKind = 'user' | 'team' | 'member' | 'key';

/** LiteLLM's counters of one kind: id, member_id, alias, counter, max_budget, duration, reset_at. */
export function countersOf(litellm: LitellmDatabase, kind: CounterKind): RawBuilder<unknown> {
  return sql.raw(TABLES[kind](litellm) ?? NONE);
}

const NONE = `
  select null::text as id, '' as member_id, null::text as alias, null::float8 as counter,
    null::float8 as max_budget, null::text as duration, null::timestamp as reset_at where false`;

const TABLES: Readonly<Record<CounterKind, (litellm: LitellmDatabase) => string | undefined>> = {
  user: (litellm) =>
    litellm.has(USERS)
      ? `select user_id as id, '' as member_id, null::text as alias, spend as counter,
          max_budget, budget_duration as duration, budget_reset_at as reset_at from "${USERS}"`
      : undefined,
  team: (litellm) =>
    litellm.has(TEAMS)
      ? `select team_id as id, '' as member_id, team_alias as alias, spend as counter,
          max_budget, budget_duration as duration, budget_reset_at as reset_at from "${TEAMS}"`
      : undefined,
  member: (litellm) =>
    litellm.has(MEMBERSHIPS)
      ? `select own.team_id as id, own.user_id as member_id, null::text as alias,
          own.spend as counter, ${ofBudget(litellm)}
        from "${MEMBERSHIPS}" own ${joinBudget(litellm)}`
      : undefined,
  key: (litellm) => (litellm.has(KEYS) ? `${keys(litellm)} ${deletedKeys(litellm)}` : undefined),
};

function keys(litellm: LitellmDatabase): string {
  const isShared = litellm.has(BUDGETS) && litellm.has(KEYS, 'budget_id');
  const either = (column: string) =>
    isShared ? `coalesce(own.${column}, budget.${column})` : `own.${column}`;
  return `
    select own.token as id, '' as member_id, own.key_alias as alias, own.spend as counter,
      ${either('max_budget')} as max_budget, ${either('budget_duration')} as duration,
      ${either('budget_reset_at')} as reset_at
    from "${KEYS}" own ${isShared ? joinBudget(litellm) : ''}`;
}

/** A key that is gone has its counter still. */
function deletedKeys(litellm: LitellmDatabase): string {
  if (!litellm.has(DELETED_KEYS)) return '';
  return `union all (
    select distinct on (gone.token) gone.token, '', gone.key_alias, gone.spend,
      null::float8, null::text, null::timestamp
    from "${DELETED_KEYS}" gone
    where not exists (select from "${KEYS}" own where own.token = gone.token)
    order by gone.token, gone.deleted_at desc)`;
}

function ofBudget(litellm: LitellmDatabase): string {
  return litellm.has(BUDGETS)
    ? 'budget.max_budget, budget.budget_duration as duration, budget.budget_reset_at as reset_at'
    : 'null::float8 as max_budget, null::text as duration, null::timestamp as reset_at';
}

function joinBudget(litellm: LitellmDatabase): string {
  return litellm.has(BUDGETS)
    ? `left join "${BUDGETS}" budget on budget.budget_id = own.budget_id`
    : '';
}
