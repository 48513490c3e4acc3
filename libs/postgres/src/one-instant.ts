import { sql, type Transaction } from 'kysely';
import type { Database } from './database';
import { HOLD_PROJECTED_TABLES } from './projected-tables';
import type { Tables } from './tables';

/** Statements that all see the ledger as it was at one instant. */
export type OneInstant = Transaction<Tables>;

/** Reads with several statements what was true at one instant. */
export function atOneInstant<T>(
  { kysely }: Pick<Database, 'kysely'>,
  read: (client: OneInstant) => Promise<T>,
): Promise<T> {
  return kysely
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute(async (client) => {
      await sql.raw(HOLD_PROJECTED_TABLES).execute(client);
      return read(client);
    });
}

/**
 * Reads with so many connections, of which `client` is one, what was true at its instant. Ends when all have ended.
 * @throws what the first of them threw
 */
export async function readTogether(
  { kysely }: Pick<Database, 'kysely'>,
  client: OneInstant,
  connections: number,
  read: (client: OneInstant) => Promise<void>,
): Promise<void> {
  if (connections === 1) return read(client);
  const { rows } = await sql<{ id: string }>`select pg_export_snapshot() as id`.execute(client);
  const others = Array.from({ length: connections - 1 }, () =>
    kysely
      .transaction()
      .setIsolationLevel('repeatable read')
      .setAccessMode('read only')
      .execute(async (other) => {
        await sql`set transaction snapshot ${sql.lit(rows[0]!.id)}`.execute(other);
        await read(other);
      }),
  );
  const ended = await Promise.allSettled([read(client), ...others]);
  const failed = ended.find((each) => each.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
