import { Database, type DatabaseOptions } from './database';

/**
 * Tries to get in before anything is done.
 * @returns why that fails, in one sentence for whoever starts a process; `undefined` when it succeeds
 */
export async function unreachable(options: DatabaseOptions): Promise<string | undefined> {
  const database = new Database({ ...options, maxConnections: 1 });
  try {
    await database.answers();
    return undefined;
  } catch (error) {
    return `DATABASE_URL leads to no Postgres that lets this process in (${reasonOf(error)}), for example DATABASE_URL=postgres://user:password@localhost:5432/ledger.`;
  } finally {
    await database.close();
  }
}

/** Where a name has several addresses, the failure is a list of failures with no message of its own. */
function reasonOf(error: unknown): string {
  const failures =
    typeof error === 'object' && error !== null && 'errors' in error ? error.errors : undefined;
  const first: unknown = Array.isArray(failures) ? failures[0] : error;
  return typeof first === 'object' && first !== null && 'message' in first
    ? String(first.message)
    : String(first);
}
