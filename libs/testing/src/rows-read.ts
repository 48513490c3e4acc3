import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import type { Database } from '#libs/postgres';
import { waitUntil } from './wait-until';

/**
 * Rows of the ledger's tables, or of one, that have been read so far. Postgres tells it of a session that has said so:
 * ask with a database of one connection, after what is to be counted. A session that is left idle says it up to 10 s
 * later: what others do in between goes through `asAnotherSession`.
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

/** Through connections that end with it. A session that has left Postgres' list has said all that it read. */
export async function asAnotherSession(
  database: Database,
  work: (other: Database) => Promise<unknown>,
): Promise<void> {
  const applicationName = `another-${randomBytes(6).toString('hex')}`;
  const other = database.separatePool({ applicationName });
  try {
    await work(other);
  } finally {
    await other.close();
  }
  await waitUntil('the other session has ended', async () => {
    const { rows } = await sql`
      select from pg_stat_activity where application_name = ${applicationName}`.execute(
      database.kysely,
    );
    return rows.length === 0;
  });
}
