import { sql } from 'kysely';
import { instantOf, type Instant } from '#libs/ledger';
import type { Database } from '#libs/postgres';

/** What the database's clock shows. */
export async function readLedgerNow(client: Database['kysely']): Promise<Instant> {
  const { rows } = await sql<{ now: string }>`select ledger_now() as now`.execute(client);
  return instantOf(rows[0]!.now);
}
