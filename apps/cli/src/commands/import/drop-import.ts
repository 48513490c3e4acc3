import { sql, type Transaction } from 'kysely';
import type { Database, Tables } from '#libs/postgres';
import { dropReplaced, dropRebuild } from '#libs/projection';
import { CommandRefused } from '../../command-refused';
import { openToOthers } from './close-to-others';

/** How long the drop waits for what is in its way: other readers wait behind it. */
const LOCK_TIMEOUT_MS = 5000;
const LOCK_NOT_AVAILABLE = '55P03';

/** Nothing but the file came into them since the import began; holds and what warnings were made of half of it. */
const EMPTIED: readonly (keyof Tables)[] = [
  ...(['event_claim', 'log_record', 'outbox', 'log_mark', 'log_import'] as const),
  ...(['spend_event', 'budget_revision', 'price_book', 'quarantine', 'warning'] as const),
  ...(['key_balance', 'user_balance', 'team_balance', 'member_balance', 'pool_balance'] as const),
  ...(['key_bucket', 'user_bucket', 'team_bucket', 'member_bucket', 'pool_bucket'] as const),
  ...(['hold', 'held_account', 'held_expiry'] as const),
  ...(['pool_held', 'pool_expiry', 'pool_gate'] as const),
  ...(['correction_batch', 'correction_line'] as const),
];

/**
 * Empties a ledger whose import has not ended, so that the same file or another can be imported: what it has is half a
 * file, and acknowledged to nobody. The one way in which something on record is ever taken away, and the owner's alone.
 * @returns how many lines of the file were there
 * @throws CommandRefused
 */
export async function dropImport({ kysely }: Pick<Database, 'kysely'>): Promise<number> {
  const done = await kysely
    .transaction()
    .execute(async (writing) => {
      await sql`set local lock_timeout = ${sql.lit(LOCK_TIMEOUT_MS)}`.execute(writing);
      // No projector begins to read.
      await sql`lock table log_lease in exclusive mode`.execute(writing);
      const begun = await writing
        .selectFrom('log_import')
        .select(['done', 'finished_at'])
        .execute();
      const [unfinished] = begun;
      if (!unfinished || unfinished.finished_at !== null) throw nothingToDrop(unfinished);
      await refuseWhileInUse(writing);
      await empty(writing);
      await openToOthers(writing);
      return Number(unfinished.done);
    })
    .catch((error: unknown) => {
      if ((error as { code?: unknown }).code !== LOCK_NOT_AVAILABLE) throw error;
      throw new CommandRefused(
        'The tables of the ledger are in use: stop its processes and what reads them, and try again.',
      );
    });
  await dropRebuild({ kysely });
  await dropReplaced(kysely);
  return done;
}

function nothingToDrop(finished: object | undefined): CommandRefused {
  return new CommandRefused(
    finished
      ? 'The import into this ledger is finished, and what is on record stays: there is nothing to drop.'
      : 'No import into this ledger was begun: there is nothing to drop.',
  );
}

async function refuseWhileInUse(writing: Transaction<Tables>): Promise<void> {
  const { rows } = await sql<{ reads: boolean; holds: bigint }>`
    select exists (select from log_reader where seen_until >= ledger_now()) as reads,
           (select count(*) from hold where state = 'active' and expires_at > ledger_now()) as holds`.execute(
    writing,
  );
  const { reads, holds } = rows[0]!;
  if (reads) {
    throw new CommandRefused(
      "A projector of this ledger runs: stop the ledger's processes, wait ten seconds, and try again.",
    );
  }
  if (holds > 0n) {
    throw new CommandRefused(
      `Money is held in this ledger (${holds} holds): release it, or wait until the holds expire.`,
    );
  }
}

/** The triggers that refuse such a change to the owner as well stand aside for this transaction. */
async function empty(writing: Transaction<Tables>): Promise<void> {
  const guards = await sql<{ table: string }>`
    select tgrelid::regclass::text as table from pg_trigger
    join pg_class on pg_class.oid = tgrelid
    where tgname = 'insert_only' and relnamespace = 'public'::regnamespace
      and relname <> 'closed_month'`.execute(writing);
  const set = async (state: 'disable' | 'enable') => {
    for (const { table } of guards.rows) {
      await sql`alter table ${sql.table(table)} ${sql.raw(state)} trigger insert_only`.execute(
        writing,
      );
    }
  };
  await set('disable');
  await sql`truncate ${sql.join(EMPTIED.map((table) => sql.table(table)))} restart identity`.execute(
    writing,
  );
  await set('enable');
  await writing.updateTable('log_partition').set({ end_offset: 0n }).execute();
  await sql`
    update projection_partition
    set next_offset = 0, epoch = epoch + 1, known_at = null, caught_up_at = null`.execute(writing);
}
