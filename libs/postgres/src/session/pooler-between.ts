import type { ClientBase, Pool } from 'pg';
import { limited } from '../limited-statement';
import type { SessionSettings } from './session-settings';
import { lackedSettings } from './settle-session';

const SHOWN = 3;
const ROUNDS = 3;

/**
 * Whether sessions are as the ledger needs them: each connection has one of its own, with the settings it asked for.
 * @param pool of at least two connections
 * @returns what is in between that makes them otherwise, as the end of "DATABASE_URL leads to …"
 */
export async function poolerBetween(
  pool: Pool,
  settings: SessionSettings,
  answerMs: number,
): Promise<string | undefined> {
  const first = await pool.connect();
  try {
    const second = await pool.connect();
    try {
      const lacks = await lackedSettings(first, settings, answerMs);
      const seen = await sessionsSeen(first, second, answerMs);
      if (isShared(seen)) {
        return 'a connection pooler that gives each transaction another session, as PgBouncer does with pool_mode=transaction';
      }
      if (lacks.length === 0) return undefined;
      if (announced(first) === seen[0]!.ofFirst) {
        return `a server that does not give a session the settings it asks for (${shown(lacks)})`;
      }
      return `a connection pooler that does not give a session the settings it asks for (${shown(lacks)}), as PgBouncer does with ignore_startup_parameters=options, also with pool_mode=session`;
    } finally {
      second.release(true);
    }
  } finally {
    first.release(true);
  }
}

/** Whether somebody in between did not let a connection begin with settings. */
export function refusesSettings(error: unknown): boolean {
  return error instanceof Error && /unsupported startup parameter/.test(error.message);
}

interface SessionsSeen {
  readonly ofFirst: number;
  readonly ofSecond: number;
}

/** Which sessions answer two connections in turn. */
async function sessionsSeen(
  first: ClientBase,
  second: ClientBase,
  answerMs: number,
): Promise<readonly SessionsSeen[]> {
  const sessionOf = async (client: ClientBase) => {
    const asked = limited('select pg_backend_pid() as pid', answerMs);
    const { rows } = await client.query<{ pid: number }>(asked);
    return rows[0]!.pid;
  };
  const seen: SessionsSeen[] = [];
  for (let n = 0; n < ROUNDS; n++) {
    seen.push({ ofFirst: await sessionOf(first), ofSecond: await sessionOf(second) });
  }
  return seen;
}

/** Two connections that are open at the same time have a session each, and keep it. */
function isShared(seen: readonly SessionsSeen[]): boolean {
  const [{ ofFirst, ofSecond }] = seen as [SessionsSeen];
  return (
    ofFirst === ofSecond ||
    seen.some((each) => each.ofFirst !== ofFirst || each.ofSecond !== ofSecond)
  );
}

/** The id of its session that the other side gave the connection. A pooler makes one up. */
function announced(client: ClientBase): number | null {
  return (client as ClientBase & { readonly processID: number | null }).processID;
}

function shown(names: readonly string[]): string {
  const more = names.length - SHOWN;
  return names.slice(0, SHOWN).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
