import { sql, type Kysely, type Transaction } from 'kysely';
import type { Tables } from '#libs/postgres';

/** Below Postgres' deadlock_timeout (1 s): a crosswise wait ends before Postgres ends one of the two. */
export const SHORT_WAIT_MS = 400;

/** A lock was not to be had, or was held too long: nothing has changed, and it may be tried again. */
const GIVEN_WAY: ReadonlySet<unknown> = new Set(['55P03', '57014', '40P01']);

export type Held<T> =
  { readonly outcome: 'done'; readonly result: T } | { readonly outcome: 'gave_way' };

/**
 * Keeps projectors from writing while `work` is done, in one transaction. They wait before their first statement, with
 * no lock of their own; readers go on. Nobody waits long: what is in the way is tried again by the caller.
 * @param prepare comes before, while projectors still write
 */
export async function holdProjectors<T>(
  connection: Kysely<Tables>,
  work: (trx: Transaction<Tables>) => Promise<T>,
  prepare: (trx: Transaction<Tables>) => Promise<void> = () => Promise.resolve(),
): Promise<Held<T>> {
  try {
    return await connection.transaction().execute(async (trx) => {
      await prepare(trx);
      await sql`set local lock_timeout = ${sql.lit(SHORT_WAIT_MS)}`.execute(trx);
      await sql`lock table public.projection_partition in share row exclusive mode`.execute(trx);
      return { outcome: 'done', result: await work(trx) };
    });
  } catch (error) {
    if (GIVEN_WAY.has((error as { code?: unknown }).code)) return { outcome: 'gave_way' };
    throw error;
  }
}

export interface Reached {
  readonly partition: number;
  readonly nextOffset: bigint;
}

/** How far the projection in use is. */
export async function readLiveOffsets(db: Kysely<Tables>): Promise<readonly Reached[]> {
  const { rows } = await sql<Reached>`
    select partition, next_offset as "nextOffset" from public.projection_partition`.execute(db);
  return rows;
}
