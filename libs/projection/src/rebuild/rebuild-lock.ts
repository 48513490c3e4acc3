import { sql, type Kysely } from 'kysely';
import type { Database, Tables } from '#libs/postgres';

/** Any number, the same in every process of a ledger. */
const REBUILD_LOCK = 7_305_112_027n;

/** Two rebuilds at once would write into the same tables. */
export type OneRebuild<T> = { readonly outcome: 'done'; readonly result: T } | { outcome: 'busy' };

/**
 * One rebuild of a ledger at a time.
 * @param work is given the connection that has the lock: what may only be done with it runs there
 */
export function oneRebuildAtATime<T>(
  { kysely }: Pick<Database, 'kysely'>,
  work: (connection: Kysely<Tables>) => Promise<T>,
): Promise<OneRebuild<T>> {
  return kysely.connection().execute(async (connection) => {
    const { rows } = await sql<{ locked: boolean }>`
      select pg_try_advisory_lock(${REBUILD_LOCK}) as locked`.execute(connection);
    if (!rows[0]!.locked) return { outcome: 'busy' };
    try {
      return { outcome: 'done', result: await work(connection) };
    } finally {
      await sql`select pg_advisory_unlock(${REBUILD_LOCK})`.execute(connection);
    }
  });
}
