import { Pool, type PoolClient } from 'pg';

/** SQLSTATE of a write that is refused because the session, or all of Postgres, is read-only. */
export const READ_ONLY = '25006';

type Callback = (error: Error | undefined, client?: PoolClient, release?: Release) => void;
type Release = (error?: Error | boolean) => void;

/**
 * A session that was opened while Postgres took no writes may refuse them for as long as it lives, also when Postgres
 * takes them again. So the first refused write ends every connection that is as old as its own.
 */
export class RenewingPool extends Pool {
  private renewals = 0;
  private readonly openedAfter = new WeakMap<object, number>();

  constructor(...given: ConstructorParameters<typeof Pool>) {
    super(...given);
    this.on('connect', (client) => {
      this.openedAfter.set(client, this.renewals);
      // Comes for every statement of the connection, whichever code has it and however it is sent.
      (client as PoolClient & Told).connection.on('errorMessage', ({ code }) => {
        if (code === READ_ONLY) this.renew();
      });
    });
  }

  /** A user of a connection may finish with it. The pool hands out no connection that was opened before. */
  renew(): void {
    this.renewals += 1;
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
      if (client === undefined || this.openedAfter.get(client) === this.renewals) {
        return callback(error, client, release);
      }
      release(true);
      this.connect(callback);
    });
  }
}

/** What node-postgres has and its types do not. */
interface Told {
  readonly connection: {
    on(event: 'errorMessage', listener: (error: { readonly code?: string }) => void): void;
  };
}
