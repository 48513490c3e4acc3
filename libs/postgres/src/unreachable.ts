import { openPoolAsItIs, type DatabaseOptions } from './open-pool';
import { poolerBetween, refusesSettings } from './session/pooler-between';
import { sessionSettings } from './session/session-settings';

/** What operators call an address, and one as it may be. */
export interface NamedAddress {
  readonly name: string;
  readonly example: string;
}

const DATABASE_URL: NamedAddress = {
  name: 'DATABASE_URL',
  example: 'DATABASE_URL=postgres://user:password@localhost:5432/ledger',
};

/**
 * Tries to get in before anything is done, and whether a session there is what the ledger relies on.
 * @returns why that fails, in one sentence for the operator; `undefined` when it succeeds
 */
export async function unreachable(
  options: DatabaseOptions,
  { name, example } = DATABASE_URL,
): Promise<string | undefined> {
  const direct = `the ledger needs a direct connection to Postgres, for example ${example}.`;
  const pool = openPoolAsItIs({ ...options, maxConnections: 2 });
  try {
    const pooler = await poolerBetween(pool, sessionSettings(options), options.timeoutMs);
    return pooler && `${name} leads to ${pooler}: ${direct}`;
  } catch (error) {
    if (refusesSettings(error)) {
      return `${name} leads to a connection pooler that refuses the settings of a session (${reasonOf(error)}), as PgBouncer does: ${direct}`;
    }
    return `${name} leads to no Postgres that lets this process in (${reasonOf(error)}), for example ${example}.`;
  } finally {
    await pool.end();
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
