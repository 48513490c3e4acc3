import { openPoolAsItIs, type DatabaseOptions } from './open-pool';
import { poolerBetween, refusesSettings } from './session/pooler-between';
import { sessionSettings } from './session/session-settings';

const EXAMPLE = 'for example DATABASE_URL=postgres://user:password@localhost:5432/ledger';
const DIRECT = `the ledger needs a direct connection to Postgres, ${EXAMPLE}.`;

/**
 * Tries to get in before anything is done, and whether a session there is what the ledger relies on.
 * @returns why that fails, in one sentence for the operator; `undefined` when it succeeds
 */
export async function unreachable(options: DatabaseOptions): Promise<string | undefined> {
  const pool = openPoolAsItIs({ ...options, maxConnections: 2 });
  try {
    const pooler = await poolerBetween(pool, sessionSettings(options), options.timeoutMs);
    return pooler && `DATABASE_URL leads to ${pooler}: ${DIRECT}`;
  } catch (error) {
    if (refusesSettings(error)) {
      return `DATABASE_URL leads to a connection pooler that refuses the settings of a session (${reasonOf(error)}), as PgBouncer does: ${DIRECT}`;
    }
    return `DATABASE_URL leads to no Postgres that lets this process in (${reasonOf(error)}), ${EXAMPLE}.`;
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
