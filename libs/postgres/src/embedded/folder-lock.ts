import type { Client } from 'pg';
import type { EmbeddedPostgresLimits } from './limits';
import { connect } from './connection';
import { poll } from './poll';

/** Two-part keys are a space of their own: a migration's lock cannot meet this one. */
const KEY = '1397771335, 1';
const APPLICATION_NAME = `spend-ledger folder ${process.pid}`;

/**
 * The ownership of a data folder: an advisory lock held by one connection for the owner's life.
 * Kernel and Postgres free it however the owner dies. If the connection breaks while the owner
 * lives (Postgres restarts its backends after one crashed), the lock is taken anew.
 */
export class FolderLock {
  private state: 'held' | 'broken' | 'lost' | 'released' = 'held';
  private attempt: Promise<void> | undefined;
  /** Told before the lock is taken anew: Postgres itself may be gone. */
  onBroken: () => Promise<void> = () => Promise.resolve();

  private constructor(
    private client: Client,
    private readonly socketDir: string,
    private readonly limits: EmbeddedPostgresLimits,
    private readonly log: (line: string) => void,
  ) {
    this.watch(client);
  }

  /** The lock; or, when another owner lives, his process id; throws if Postgres goes away. */
  static async acquire(
    socketDir: string,
    limits: EmbeddedPostgresLimits,
    log: (line: string) => void,
  ): Promise<FolderLock | { readonly heldBy: string }> {
    const client = await connect(socketDir, APPLICATION_NAME);
    try {
      if (await takeLock(client, limits)) return new FolderLock(client, socketDir, limits, log);
      const heldBy = await holderOf(client);
      await client.end();
      return { heldBy };
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
  }

  /**
   * Call before Postgres is stopped, so that the end of the connection is expected. False: another
   * owner has taken the folder while our connection was broken, and the Postgres is his.
   */
  async prepareStop(): Promise<boolean> {
    if (this.state === 'broken') await this.tryToRegain();
    if (this.state === 'lost') return false;
    this.state = 'released';
    return true;
  }

  async release(): Promise<void> {
    this.state = 'released';
    await this.client.end().catch(() => undefined);
  }

  private watch(client: Client): void {
    client.once('end', () => {
      if (this.state === 'held') void this.regain();
    });
  }

  private async regain(): Promise<void> {
    this.state = 'broken';
    this.log('the connection that holds the data folder broke: taking the folder anew');
    const wait = { forMs: this.limits.startMs, everyMs: this.limits.pollMs };
    const decided = await poll(wait, async () => {
      if (this.state === 'broken') await this.onBroken();
      if (this.state === 'broken') await this.tryToRegain();
      return this.state === 'broken' ? undefined : true;
    });
    if (decided === undefined) this.log('Postgres no longer answers: the data folder is not held');
  }

  /** One attempt at a time: two would take each other for another owner. */
  private tryToRegain(): Promise<void> {
    this.attempt ??= this.regainOnce().finally(() => (this.attempt = undefined));
    return this.attempt;
  }

  private async regainOnce(): Promise<void> {
    try {
      const again = await connect(this.socketDir, APPLICATION_NAME);
      const locked = await takeLock(again, this.limits);
      if (this.state === 'broken' && locked) {
        this.state = 'held';
        this.watch((this.client = again));
        return;
      }
      await again.end();
      if (this.state !== 'broken') return;
      this.state = 'lost';
      this.log('another ledger has taken the data folder meanwhile');
    } catch {
      // Postgres is not back yet, or will not come back: the caller's wait is bounded.
    }
  }
}

/** Waits for the connection of an owner who is gone to vanish. */
async function takeLock(client: Client, limits: EmbeddedPostgresLimits): Promise<boolean> {
  const wait = { forMs: limits.lockMs, everyMs: limits.pollMs };
  const taken = await poll(wait, async () => {
    const sql = `select pg_try_advisory_lock(${KEY}) locked`;
    const found = await client.query<{ locked: boolean }>(sql);
    return found.rows[0]?.locked === true ? true : undefined;
  });
  return taken === true;
}

async function holderOf(client: Client): Promise<string> {
  const found = await client.query<{ name: string }>(
    `select a.application_name as name from pg_locks l join pg_stat_activity a using (pid)
     where l.locktype = 'advisory' and l.granted and (l.classid, l.objid, l.objsubid) = (${KEY}, 2)`,
  );
  return found.rows[0]?.name.split(' ').at(-1) ?? 'unknown';
}
