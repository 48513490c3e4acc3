import { sql, type Kysely } from 'kysely';
import type { Database, LedgerFacts, Tables } from '#libs/postgres';
import { verifyLedger, type Verification } from '#libs/projection';
import { rest, WakeableLoop } from '#libs/runtime';

/** Any number, the same in every process of a ledger. */
const VERIFIER_LOCK = 7_305_112_028n;
/** After its start a ledger is verified this soon, however seldom it is otherwise. */
const FIRST_AFTER_MS = 600_000;
/** How often the others look whether the one who verifies has gone. */
const LOOK_MS = 60_000;
/** One has the lock, one verifies, one ends what is stopped. */
const CONNECTIONS = 3;

export interface VerifySettings {
  readonly everyMs: number;
  /** How long one statement may take: it reads every event. */
  readonly statementMs: number;
  /** Most differences of one check that are told. */
  readonly most: number;
}

export interface VerifierEvents {
  readonly onVerified: (verification: Verification) => void;
  readonly onError: (error: unknown) => void;
}

/** Verifies the ledger again and again. Of all projectors one does it; when it ends, another one takes over. */
export class LedgerVerifier {
  private readonly database: Database;
  private readonly loop: WakeableLoop;

  constructor(
    database: Database,
    private readonly facts: Pick<LedgerFacts, 'currency' | 'partitions' | 'logId'>,
    private readonly settings: VerifySettings,
    private readonly events: VerifierEvents,
  ) {
    const { statementMs, everyMs } = settings;
    this.database = database.separatePool({ maxConnections: CONNECTIONS, statementMs });
    const lookMs = Math.min(everyMs, LOOK_MS);
    this.loop = new WakeableLoop({
      round: (stopped) => this.verifyIfChosen(stopped),
      pauseMs: 0,
      pollMs: lookMs,
      retryMs: lookMs,
      onError: events.onError,
    });
  }

  start(): void {
    this.loop.start();
  }

  async stop(): Promise<void> {
    await this.loop.stop();
    await this.database.close();
  }

  /** Chosen is who has the lock, for as long as its connection lasts. */
  private verifyIfChosen(stopped: AbortSignal): Promise<void> {
    return this.database.kysely.connection().execute(async (connection) => {
      if (!(await isChosen(connection))) return;
      try {
        await this.verifyOnAndOn(connection, stopped);
      } finally {
        await sql`select pg_advisory_unlock(${VERIFIER_LOCK})`.execute(connection);
      }
    });
  }

  private async verifyOnAndOn(connection: Kysely<Tables>, stopped: AbortSignal): Promise<void> {
    const { everyMs, most } = this.settings;
    for (let restMs = Math.min(everyMs, FIRST_AFTER_MS); ; restMs = everyMs) {
      await rest(restMs, stopped);
      if (stopped.aborted) return;
      // With its connection the lock is gone.
      await sql`select`.execute(connection);
      // One at a time: checks and spends come first.
      const options = { most, atOnce: 1, signal: stopped };
      const verification = await verifyLedger(this.database, this.facts, options).catch(
        (error: unknown) => {
          if (stopped.aborted) return undefined;
          throw error;
        },
      );
      if (verification) this.events.onVerified(verification);
    }
  }
}

async function isChosen(connection: Kysely<Tables>): Promise<boolean> {
  const { rows } = await sql<{ locked: boolean }>`
    select pg_try_advisory_lock(${VERIFIER_LOCK}) as locked`.execute(connection);
  return rows[0]!.locked;
}
