import { Client, Pool, type PoolClient, type PoolConfig } from 'pg';

/** SQLSTATE of a write that is refused because the session, or all of Postgres, is read-only. */
export const READ_ONLY = '25006';

type Callback = (error: Error | undefined, client?: PoolClient, release?: Release) => void;
type Release = (error?: Error | boolean) => void;

/** All of a process's pools of a database: which of their sessions are too old to write. */
export class Renewals {
  /** Those that are open. */
  readonly pools = new Set<Pool>();
  private renewals = 0;
  private isRefused = false;

  /** How many there were until now. */
  get count(): number {
    return this.renewals;
  }

  /** A write was refused: every session that was opened until now may refuse writes for as long as it lives. */
  refused(): void {
    this.renewals += 1;
    this.isRefused = true;
  }

  /** Postgres takes writes: sessions that were opened since the last refusal may be read-only still. */
  taken(): void {
    if (!this.isRefused) return;
    this.renewals += 1;
    this.isRefused = false;
  }
}

/**
 * A session that was opened while Postgres took no writes may refuse them for as long as it lives, also when Postgres
 * takes them again. So the first refused write ends every connection that is as old as its own, and so does the first
 * sign that Postgres takes writes again. A user of a connection may finish with it.
 */
export class RenewingPool extends Pool {
  constructor(
    config: PoolConfig,
    readonly renewals: Renewals,
  ) {
    super({
      ...config,
      // Counted before Postgres opens the session: what is known of Postgres later is not known of it.
      Client: class extends Client {
        readonly openedAfter = renewals.count;
      },
    });
    renewals.pools.add(this);
    this.on('connect', (client) => {
      // Comes for every statement of the connection, whichever code has it and however it is sent.
      (client as PoolClient & Told).connection.on('errorMessage', ({ code }) => {
        if (code === READ_ONLY) renewals.refused();
      });
    });
  }

  override connect(): Promise<PoolClient>;
  override connect(callback: Callback): void;
  override connect(callback?: Callback): Promise<PoolClient> | void {
    if (callback === undefined) {
      return new Promise((resolve, reject) => {
        this.connect((error, client) => (client ? resolve(client) : reject(error!)));
      });
    }
    super.connect((error, client, release) => {
      if (client === undefined || this.isNewEnough(client)) return callback(error, client, release);
      release(true);
      this.connect(callback);
    });
  }

  override end(): Promise<void>;
  override end(callback: () => void): void;
  override end(callback?: () => void): Promise<void> | void {
    this.renewals.pools.delete(this);
    return callback === undefined ? super.end() : super.end(callback);
  }

  private isNewEnough(client: PoolClient): boolean {
    return (client as PoolClient & Told).openedAfter === this.renewals.count;
  }
}

interface Told {
  readonly openedAfter: number;
  /** What node-postgres has and its types do not. */
  readonly connection: {
    on(event: 'errorMessage', listener: (error: { readonly code?: string }) => void): void;
  };
}
