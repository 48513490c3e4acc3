import { sql, type Transaction } from 'kysely';
import type { Tables } from '#libs/postgres';

/**
 * Waits for transactions that claim, mark or leave something, and lets no other begin before this one ends: in
 * the order in which others lock these tables, so that no two wait crosswise. A transaction that only reads goes on.
 */
export async function lockOthersOut(writing: Transaction<Tables>): Promise<void> {
  await sql`lock table log_mark, event_claim, outbox in share row exclusive mode`.execute(writing);
}

/** From now on every other claim or mark is refused, also after the import breaks off: the ledger has half a file. */
export async function closeToOthers(writing: Transaction<Tables>): Promise<void> {
  await sql`alter table log_mark enable trigger no_other_during_import`.execute(writing);
  await sql`alter table event_claim enable trigger no_other_during_import`.execute(writing);
}

/** Enabled outside of imports the triggers would cost every claim. To drop them would have to wait for all readers. */
export async function openToOthers(writing: Transaction<Tables>): Promise<void> {
  await sql`alter table log_mark disable trigger no_other_during_import`.execute(writing);
  await sql`alter table event_claim disable trigger no_other_during_import`.execute(writing);
}
