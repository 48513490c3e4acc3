import { sql, type Transaction } from 'kysely';
import type { Database, Tables } from '#libs/postgres';
import type { SpendLog } from '#libs/spend-log';
import type { ExportedMonth } from '#libs/wire';
import { CommandRefused } from '../../command-refused';
import type { CheckedExport } from '../../export-file/check-export';
import { closeToOthers, lockOthersOut, openToOthers } from './close-to-others';

/** Any number, the same in every process of a ledger. */
const IMPORT_LOCK = 7_305_112_027n;

/** How far the import of a file is. */
export interface ImportProgress {
  readonly done: number;
  readonly isFinished: boolean;
}

/** One import of a ledger at a time. @throws CommandRefused */
export async function alone<T>({ kysely }: Database, work: () => Promise<T>): Promise<T> {
  return kysely.connection().execute(async (connection) => {
    const { rows } = await sql<{ got: boolean }>`
      select pg_try_advisory_lock(${IMPORT_LOCK}) as got`.execute(connection);
    if (!rows[0]!.got) throw new CommandRefused('Another import into this ledger is running.');
    try {
      return await work();
    } finally {
      await sql`select pg_advisory_unlock(${IMPORT_LOCK})`.execute(connection);
    }
  });
}

/**
 * Begins the import of a file into an empty ledger, or goes on with it. From here on nobody else claims anything, and
 * nobody is about to: the lock waits for them.
 * @throws CommandRefused
 */
export async function beginImport(
  { kysely }: Database,
  log: SpendLog,
  { sha256, lines }: CheckedExport,
): Promise<ImportProgress> {
  return kysely.transaction().execute(async (writing) => {
    await lockOthersOut(writing);
    const begun = await writing.selectFrom('log_import').selectAll().executeTakeFirst();
    if (begun) {
      if (begun.sha256 === sha256) {
        return { done: Number(begun.done), isFinished: begun.finished_at !== null };
      }
      throw new CommandRefused(
        begun.finished_at === null
          ? 'This ledger is being filled from another export: import that file again to finish it, or empty the ledger with `import --drop`.'
          : 'This ledger was filled from another export, and is not empty.',
      );
    }
    if (
      !(await isEmpty(writing)) ||
      [...(await log.endOffsets()).values()].some((end) => end > 0n)
    ) {
      throw new CommandRefused('This ledger is not empty: an export is imported into a new one.');
    }
    await writing
      .insertInto('log_import')
      .values({ sha256, lines: BigInt(lines), finished_at: null })
      .execute();
    await closeToOthers(writing);
    return { done: 0, isFinished: false };
  });
}

/** The log has so many lines more. @throws Error when another process has gone on with it meanwhile */
export async function noteDone({ kysely }: Database, from: number, to: number): Promise<void> {
  const { numUpdatedRows } = await kysely
    .updateTable('log_import')
    .set({ done: BigInt(to) })
    .where('done', '=', BigInt(from))
    .executeTakeFirstOrThrow();
  if (numUpdatedRows !== 1n) throw new Error('another process goes on with this import');
}

/** The log has all of it: the ledger is open. */
export async function finishImport(
  { kysely }: Database,
  months: readonly ExportedMonth[],
): Promise<void> {
  await kysely.transaction().execute(async (writing) => {
    await openToOthers(writing);
    for (const { month, zone, knownAt, closedAt, closedBy } of months) {
      await writing
        .insertInto('closed_month')
        .values({ month, zone, known_at: knownAt, closed_at: closedAt, closed_by: closedBy })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    }
    await writing
      .updateTable('log_import')
      .set({ finished_at: sql<string>`ledger_now()` })
      .where('finished_at', 'is', null)
      .execute();
  });
}

async function isEmpty(writing: Transaction<Tables>): Promise<boolean> {
  const { rows } = await sql<{ full: boolean }>`
    select exists (select from event_claim) or exists (select from outbox)
      or exists (select from projection_partition where next_offset > 0) as full`.execute(writing);
  return !rows[0]!.full;
}
