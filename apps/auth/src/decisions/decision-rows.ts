import { sql } from 'kysely';
import { formatInstant, instantOf } from '#libs/ledger';
import type { Database, PreparedStatement } from '#libs/postgres';
import type { KeptDecision } from './answered-decision';
import { documentOf, type KeptDecisionDocument } from './print-kept-decision';

/**
 * Sorted by id, so that two writers of the same refusals do not wait for each other crosswise. Of equal ones the first
 * to be decided is shown, in whichever order they are written.
 */
const INSERT: PreparedStatement = {
  name: 'decision-insert',
  text: `
    with written as (
    insert into kept_decision as kept (decision_id, decided_at, last_decided_at, count, document)
    select * from unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::bigint[], $5::json[])
      as given (decision_id, decided_at, last_decided_at, count, document)
    order by decision_id
    on conflict (decision_id) do update set
      decided_at = least(kept.decided_at, excluded.decided_at),
      last_decided_at = greatest(kept.last_decided_at, excluded.last_decided_at),
      count = kept.count + excluded.count,
      document = case when excluded.decided_at < kept.decided_at then excluded.document else kept.document end)
    select pg_current_xact_id()::text`,
};

/** Null: Postgres does not remember it, or never knew it, as after a restore. */
const TRANSACTION: PreparedStatement = {
  name: 'decision-transaction',
  text: `
    select case when $1::xid8 < pg_snapshot_xmax(pg_current_snapshot()) then pg_xact_status($1::xid8) end`,
};

/**
 * Puts decisions on record, each id once; those on record already are counted on.
 * @param committing is told the transaction before it commits: a rejection after that does not say whether it did
 */
export async function insertDecisions(
  database: Database,
  decisions: readonly KeptDecision[],
  committing: (transaction: string) => void,
): Promise<void> {
  const columns = [
    decisions.map(({ decisionId }) => decisionId),
    decisions.map(({ decision }) => formatInstant(decision.decidedAt)),
    decisions.map(({ lastDecidedAt }) => formatInstant(lastDecidedAt)),
    decisions.map(({ count }) => count),
    decisions.map((kept) => JSON.stringify(documentOf(kept))),
  ];
  await database.atomically(async (client) => {
    const [row] = await client.prepared<[transaction: string]>(INSERT, columns);
    committing(row![0]);
  });
}

/** What became of a transaction whose answer was lost. @throws Error while it is not over */
export async function hasCommitted(database: Database, transaction: string): Promise<boolean> {
  const [row] = await database.prepared<[status: string | null]>(TRANSACTION, [transaction]);
  if (row![0] === 'in progress') throw new Error('a lost transaction is not over yet');
  return row![0] === 'committed';
}

export async function findDecision(
  { kysely }: Database,
  decisionId: string,
): Promise<KeptDecisionDocument | undefined> {
  const row = await kysely
    .selectFrom('kept_decision')
    .select(['document', 'count', 'last_decided_at'])
    .where('decision_id', '=', decisionId)
    .executeTakeFirst();
  if (!row) return undefined;
  return {
    ...(row.document as unknown as KeptDecisionDocument),
    count: Number(row.count),
    lastDecidedAt: formatInstant(instantOf(row.last_decided_at)),
  };
}

/**
 * Deletes some of the decisions that are older than their time, by the database's clock. Passes over rows that another
 * process is deleting or counting on.
 * @returns how many
 */
export async function deleteOldDecisions(
  { kysely }: Pick<Database, 'kysely'>,
  retentionMs: number,
  most: number,
): Promise<number> {
  const { numAffectedRows = 0n } = await sql`
    with since as materialized (
      select ledger_now() - ${retentionMs}::float8 * interval '1 millisecond' as instant),
    old as materialized (
      select decision_id from kept_decision
      where decided_at < (select instant from since) and last_decided_at < (select instant from since)
      order by decided_at
      limit ${most}
      for update skip locked)
    delete from kept_decision using old where kept_decision.decision_id = old.decision_id`.execute(
    kysely,
  );
  return Number(numAffectedRows);
}
