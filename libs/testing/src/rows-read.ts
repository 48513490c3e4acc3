import { sql } from 'kysely';
import type { Database } from '#libs/postgres';

/**
 * Rows of the ledger's tables, or of one, that have been read so far. Postgres tells it of a session that has said so:
 * ask with a database of one connection, after what is to be counted.
 */
export async function rowsRead({ kysely }: Database, table?: string): Promise<number> {
  await sql`select pg_stat_force_next_flush()`.execute(kysely);
  const { rows } = await sql<{ read: string }>`
    select sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::text as read
    from pg_stat_user_tables where ${table ?? null}::text is null or relname = ${table ?? null}`.execute(
    kysely,
  );
  return Number(rows[0]!.read);
}
