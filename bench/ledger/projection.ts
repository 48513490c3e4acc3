import { sql } from 'kysely';
import type { Database } from '#libs/postgres';
import { emptyProjection, spoilRecord } from '#libs/testing';
import { TEAM_IDS } from '../load/spend-mix';

const NOW = '2026-01-01T00:00:00Z';

/** As if no spend of the log had ever been projected. No projector may run. */
export async function resetProjection(database: Database): Promise<void> {
  await emptyProjection(database);
  await sql`checkpoint`.execute(database.kysely);
}

/** How many records of the log are projected, over all partitions. */
export async function projectedRecords({ kysely }: Database): Promise<number> {
  const { rows } = await sql<{ records: string }>`
    select sum(next_offset)::text as records from projection_partition`.execute(kysely);
  return Number(rows[0]!.records);
}

/** How many events are in the balances. @throws Error when these are not the sums of their events */
export async function balancedEvents({ kysely }: Database): Promise<number> {
  const { rows } = await sql<{ events: string; isWhole: boolean }>`
    select count(*)::text as events, coalesce(
      (select sum(spent) from key_balance) = sum(amount) filter (where key_id is not null) and
      (select sum(spent) from user_balance) = sum(amount) filter (where scope_type = 'user') and
      (select sum(spent) from team_balance) = sum(amount) filter (where scope_type = 'team') and
      (select sum(spent) from member_balance) =
        sum(amount) filter (where scope_type = 'team' and user_id is not null), false) as "isWhole"
    from spend_event`.execute(kysely);
  if (!rows[0]!.isWhole) throw new Error('a balance is not the sum of its events');
  return Number(rows[0]!.events);
}

const WINDOWS = [
  { type: 'calendar', unit: 'day', zone: 'Europe/Berlin' },
  { type: 'calendar', unit: 'month', zone: 'UTC' },
  { type: 'every', duration: 'P30D', anchor: '2026-01-01T00:00:00Z' },
];

/** Three budgets with windows for each account of the mix, by defaults; or none. No projector may run. */
export async function setWindowedBudgets({ kysely }: Database, wanted: boolean): Promise<void> {
  await spoilRecord({ kysely }, (trx) => trx.deleteFrom('budget_revision').execute());
  if (!wanted) return;
  const targets = ['key:*', 'user:*', 'team:*', ...TEAM_IDS.map((id) => `member:${id}/*`)];
  const rows = targets.flatMap((account) =>
    WINDOWS.map((window, n) => ({
      partition: 0,
      budget_id: `${account}-${n}`,
      revision: 1,
      account,
      definition: JSON.stringify({ account, limit: '1000.00', window }),
      valid_until: null,
      superseded: false,
      log_offset: 0n,
      recorded_at: NOW,
      known_at: NOW,
      caller: 'bench',
    })),
  );
  await kysely.insertInto('budget_revision').values(rows).execute();
}
