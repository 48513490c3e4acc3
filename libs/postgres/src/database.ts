import { Kysely, PostgresDialect } from 'kysely';
import type { Pool, PoolClient } from 'pg';
import { CommitsWait, readCommitWaits } from './commit-waits';
import { limited } from './limited-statement';
import { openPool, type DatabaseOptions } from './open-pool';
import type { Prepared, PreparedStatement } from './prepared';
import { HOLD_PROJECTED_TABLES } from './projected-tables';
import { READ_ONLY } from './renewing-pool';
import type { Tables } from './tables';

export type { DatabaseOptions };
export type { Prepared, PreparedStatement };

const SESSION: PreparedStatement = {
  name: 'session-read-only',
  text: "select current_setting('transaction_read_only')",
};

/** Connections by what they do, how many statements wait for one, and how many there may be. */
export type PoolUse = Readonly<Record<'idle' | 'used' | 'waiting' | 'limit', number>>;

/** The ledger's database: Kysely for most statements, prepared ones for the hot few. */
export class Database implements Prepared {
  readonly kysely: Kysely<Tables>;
  /** A commit was given up without an answer; it may wait for a standby still, with its locks. */
  private mayHang = false;

  constructor(
    private readonly options: DatabaseOptions,
    private readonly pool = openPool(options),
    private readonly answerMs?: number,
  ) {
    this.kysely = new Kysely({ dialect: new PostgresDialect({ pool }) });
  }

  /**
   * The same connections, for reading. The server's own limits say nothing when it is frozen or cut off, so here a
   * statement that has no answer after `timeoutMs` is given up and its connection closed, as no write could be without
   * doubt. Not for Kysely, which would use the connection again.
   */
  forReads(): Database {
    return new Database(this.options, this.pool, this.options.timeoutMs);
  }

  /**
   * The same database through connections of its own, which the opener closes: for transactions whose callers know that
   * no answer says *unknown*. It gives a frozen server up after `timeoutMs`, or the given `statementMs`, as `forReads`
   * does. Others wait for its locks, and so for its plans and round trips. So a plan that was made while a table was
   * small, and is kept, must not read it whole; and statements that need nothing of each other go together.
   */
  pipelinedPool(
    given: Pick<DatabaseOptions, 'maxConnections' | 'idleMs' | 'statementMs' | 'plansOnce'>,
  ): Database {
    const options = { ...this.options, ...given, byIndexes: true, pipeline: true };
    const pool = openPool(options, this.pool.renewals);
    return new Database(options, pool, given.statementMs ?? options.timeoutMs);
  }

  /** The same database through connections of its own that are otherwise limited; the opener closes it. */
  separatePool(
    given: Partial<
      Pick<
        DatabaseOptions,
        | 'maxConnections'
        | 'statementMs'
        | 'idleMs'
        | 'byIndexes'
        | 'plansOnce'
        | 'onOneCore'
        | 'schema'
        | 'applicationName'
      >
    >,
  ): Database {
    const options = { ...this.options, ...given };
    return new Database(options, openPool(options, this.pool.renewals));
  }

  prepared<Row extends readonly unknown[]>(
    statement: PreparedStatement,
    values: readonly unknown[],
  ): Promise<Row[]> {
    return runPrepared(this.pool, statement, values, this.answerMs);
  }

  /**
   * Several statements of which all are kept, or none. They run in the order in which they were asked for.
   * @throws CommitsWait where earlier ones were given up, and wait for a standby still: each that is given up leaves a
   * session of Postgres behind that ends with its wait, and there must not be ever more of them
   */
  async atomically<T>(write: (client: Prepared) => Promise<T>): Promise<T> {
    if (this.mayHang) await this.refuseWhileCommitsWait();
    const client = await this.pool.connect();
    let broken = true;
    try {
      const begun = client.query(limited('begin', this.answerMs));
      // Told with the commit, if not by a statement: none is kept without it.
      if (this.options.pipeline === true) begun.catch(() => undefined);
      else await begun;
      const prepared: Prepared['prepared'] = (statement, values) =>
        runPrepared(client, statement, values, this.answerMs);
      const result = await write({
        prepared: this.options.pipeline === true ? prepared : inTurn(prepared),
      });
      const committed = client.query(limited('commit', this.answerMs));
      await Promise.all([begun, committed]).catch((error: unknown) => {
        this.mayHang = true;
        throw error;
      });
      broken = false;
      return result;
    } finally {
      // A connection in an unknown state is closed, not reused.
      client.release(broken);
    }
  }

  /**
   * What several statements read of one snapshot of what is projected. The answer does not wait for the end of the
   * transaction, which changes nothing; the connection is used again when it has ended.
   */
  async ofOneSnapshot<T>(read: (client: Prepared) => Promise<T>): Promise<T> {
    const client = await this.pool.connect();
    const ask = (text: string) => client.query(limited(text, this.answerMs));
    const begun = ask(`begin isolation level repeatable read, read only; ${HOLD_PROJECTED_TABLES}`);
    const prepared: Prepared['prepared'] = (statement, values) =>
      runPrepared(client, statement, values, this.answerMs);
    try {
      if (this.options.pipeline !== true) await begun;
      // Why it did not begin says more than that nothing can be read then.
      const [, result] = await Promise.all([
        begun,
        read({ prepared: this.options.pipeline === true ? prepared : inTurn(prepared) }),
      ]);
      ask('commit').then(
        () => client.release(),
        () => client.release(true),
      );
      return result;
    } catch (error) {
      client.release(true);
      throw error;
    }
  }

  /** Where there is a standby every commit waits for it a moment; one that was given up has waited longer. */
  private async refuseWhileCommitsWait(): Promise<void> {
    const { count, longestSeconds } = await readCommitWaits(this);
    const givenUpMs = this.answerMs ?? this.options.timeoutMs;
    if (longestSeconds * 1000 > givenUpMs / 2) throw new CommitsWait(count);
    this.mayHang = false;
  }

  /** The connections of this process to the database, in all of its pools. */
  get connections(): PoolUse {
    const use = { idle: 0, used: 0, waiting: 0, limit: 0 };
    for (const { idleCount, totalCount, waitingCount, options } of this.pool.renewals.pools) {
      use.idle += idleCount;
      use.used += totalCount - idleCount;
      use.waiting += waitingCount;
      use.limit += options.max;
    }
    return use;
  }

  /** Whether Postgres answers; rejects when it cannot be reached. */
  async answers(): Promise<boolean> {
    await this.pool.query(limited('select', this.options.timeoutMs));
    return true;
  }

  /** Whether Postgres answers and takes writes; rejects when it cannot be reached, or as it rejects writes. */
  async takesWrites(): Promise<boolean> {
    const { pool, options } = this;
    const [row] = await runPrepared<readonly [string]>(pool, SESSION, [], options.timeoutMs);
    if (row?.[0] === 'off') {
      pool.renewals.taken();
      return true;
    }
    pool.renewals.refused();
    throw Object.assign(new Error('Postgres takes no writes in this session'), { code: READ_ONLY });
  }

  /** Not through Kysely, which ends the pool only if it was itself used. */
  async close(): Promise<void> {
    if (!this.pool.ending) await this.pool.end();
  }
}

/** A connection that does not pipeline is asked one thing at a time, also by who waits for several together. */
function inTurn(prepared: Prepared['prepared']): Prepared['prepared'] {
  let last: Promise<unknown> = Promise.resolve();
  return (statement, values) => {
    const asked = last.then(() => prepared<never>(statement, values));
    last = asked.catch(() => undefined);
    return asked;
  };
}

async function runPrepared<Row extends readonly unknown[]>(
  client: Pool | PoolClient,
  { name, text }: PreparedStatement,
  values: readonly unknown[],
  answerMs: number | undefined,
): Promise<Row[]> {
  const result = await client.query<Row[]>({
    ...limited(text, answerMs),
    name,
    values: [...values],
    rowMode: 'array',
  });
  return result.rows as unknown as Row[];
}
