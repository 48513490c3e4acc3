import type { Transaction } from 'kysely';
import type { Database, Tables } from '#libs/postgres';

/** Statements that all see the ledger as it was at one instant. */
export type ReadOnly = Transaction<Tables>;

/** Reads with several statements what was true at one instant. */
export function atOneInstant<T>(
  { kysely }: Pick<Database, 'kysely'>,
  read: (client: ReadOnly) => Promise<T>,
): Promise<T> {
  return kysely
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute(read);
}
