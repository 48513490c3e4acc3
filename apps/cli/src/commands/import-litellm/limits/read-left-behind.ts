import { sql } from 'kysely';
import type { LitellmDatabase } from '../litellm-database';
import { BUDGETS, CONFIG, END_USERS, ORGANIZATIONS, TAGS, type LitellmTable } from '../tables';
import type { NotMoved } from './limit-row';

const NO_ACCOUNT = 'the ledger has no account of this kind';
const OFF = 'zero turns the limit off in LiteLLM: decide';

interface LeftBehind {
  readonly found: readonly NotMoved[];
  /** How many more there are. */
  readonly leftOut: number;
}

/** Limits on what is no account here: what the operator has to decide. At most so many of each kind. */
export async function readLeftBehind(litellm: LitellmDatabase, most: number): Promise<LeftBehind> {
  const owners: readonly (readonly [string, LitellmTable, string])[] = [
    ['endUser', END_USERS, 'user_id'],
    ['organization', ORGANIZATIONS, 'organization_id'],
    ['tag', TAGS, 'tag_name'],
  ];
  const found: NotMoved[] = [];
  let leftOut = 0;
  for (const [kind, table, id] of owners) {
    if (!litellm.has(table, 'budget_id') || !litellm.has(BUDGETS)) continue;
    const { rows } = await sql<{ id: string; value: string; isOff: boolean; all: number }>`
      select ${sql.ref(`owner.${id}`)} as id, budget.max_budget::text as value,
        budget.max_budget = 0 as "isOff", (count(*) over ())::int as "all"
      from ${sql.table(table)} owner join ${sql.table(BUDGETS)} budget using (budget_id)
      where budget.max_budget is not null order by 1 limit ${most}`.execute(
      litellm.database.kysely,
    );
    leftOut += (rows[0]?.all ?? 0) - rows.length;
    for (const { id: name, value, isOff } of rows) {
      const why = isOff && kind === 'organization' ? OFF : NO_ACCOUNT;
      found.push({ kind, id: name, what: 'max_budget', value, why });
    }
  }
  return { found: [...found, ...(await readConfigured(litellm))], leftOut };
}

/** What LiteLLM keeps of its configuration in its database; most keep it in a file, which is not read. */
async function readConfigured(litellm: LitellmDatabase): Promise<NotMoved[]> {
  if (!litellm.has(CONFIG)) return [];
  const { rows } = await sql<{ what: string; value: string }>`
    select what, value::text as value from ${sql.table(CONFIG)} config,
      lateral (values
        ('provider_budget_config', config.param_value -> 'provider_budget_config'),
        ('max_budget', config.param_value -> 'max_budget'),
        ('max_end_user_budget', config.param_value -> 'max_end_user_budget')) as set (what, value)
    where jsonb_typeof(config.param_value) = 'object' and value is not null and value <> 'null'`.execute(
    litellm.database.kysely,
  );
  return rows.map(({ what, value }) => ({
    kind: 'proxy',
    id: 'LiteLLM_Config',
    what,
    value,
    why: NO_ACCOUNT,
  }));
}
