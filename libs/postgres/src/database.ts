import { Kysely, PostgresDialect } from 'kysely';
import { Pool, TypeOverrides, type PoolClient, type PoolConfig } from 'pg';
import type { Tables } from './tables';

export interface DatabaseOptions {
  readonly connectionString: string;
  readonly applicationName: string;
  /** Most connections this process opens. */
  readonly maxConnections: number;
  /** Milliseconds added to the database's clock (tests only). */
  readonly clockOffsetMs: number;
  /** Milliseconds for a lock, a statement, an idle transaction, a connection: nothing waits for ever. */
  readonly timeoutMs: number;
  /** Milliseconds that a statement may take; `timeoutMs` unless given. */
  readonly statementMs?: number;
  /** Where tables are looked for before the ledger's own schema: a rebuild's are there. */
  readonly schema?: string;
  /** Milliseconds that a transaction may stand still; `timeoutMs` unless given. */
  readonly idleMs?: number;
  /** Statements find rows by indexes alone, wherever there is one. */
  readonly byIndexes?: boolean;
  /** Statements are sent without waiting for the answers to those before. */
  readonly pipeline?: boolean;
}

/** A statement whose plan the server keeps: for the few that run all the time. */
export interface PreparedStatement {
  readonly name: string;
  readonly text: string;
}

/** What runs prepared statements; rows are arrays in the order of the columns. */
export interface Prepared {
  prepared<Row extends readonly unknown[]>(
    statement: PreparedStatement,
    values: readonly unknown[],
  ): Promise<Row[]>;
}

/** The ledger's database: Kysely for most statements, prepared ones for the hot few. */
export class Database implements Prepared {
  readonly kysely: Kysely<Tables>;

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
   * The same database through connections of its own, whoever opens it closes it: for transactions whose callers know
   * that no answer says *unknown*. A frozen server is given up after `timeoutMs`, or the given `statementMs`, as by
   * `forReads`. Whoever waits for their locks waits for their plans and their round trips too: a plan that was made
   * while a table was small, and is kept, must not read it whole, and statements that need nothing of each other go
   * together.
   */
  apart(given: Pick<DatabaseOptions, 'maxConnections' | 'idleMs' | 'statementMs'>): Database {
    const options = { ...this.options, ...given, byIndexes: true, pipeline: true };
    return new Database(options, openPool(options), given.statementMs ?? options.timeoutMs);
  }

  /** The same database through connections of its own that are otherwise limited; whoever opens it closes it. */
  aside(
    given: Partial<
      Pick<
        DatabaseOptions,
        'maxConnections' | 'statementMs' | 'idleMs' | 'byIndexes' | 'schema' | 'applicationName'
      >
    >,
  ): Database {
    return new Database({ ...this.options, ...given });
  }

  prepared<Row extends readonly unknown[]>(
    statement: PreparedStatement,
    values: readonly unknown[],
  ): Promise<Row[]> {
    return runPrepared(this.pool, statement, values, this.answerMs);
  }

  /** Several statements of which all are kept, or none. They run in the order in which they were asked for. */
  async atomically<T>(write: (client: Prepared) => Promise<T>): Promise<T> {
    const client = await this.pool.connect();
    let broken = true;
    try {
      const begun = client.query(limited('begin', this.answerMs));
      // Told with the commit, if not by a statement: none is kept without it.
      if (this.options.pipeline === true) begun.catch(() => undefined);
      else await begun;
      const result = await write({
        prepared: (statement, values) => runPrepared(client, statement, values, this.answerMs),
      });
      await Promise.all([begun, client.query(limited('commit', this.answerMs))]);
      broken = false;
      return result;
    } finally {
      // A connection in an unknown state is closed, not reused.
      client.release(broken);
    }
  }

  /** Whether Postgres answers; rejects when it cannot be reached. */
  async answers(): Promise<boolean> {
    await this.pool.query(limited('select', this.options.timeoutMs));
    return true;
  }

  /** Not through Kysely, which ends the pool only if it was itself used. */
  async close(): Promise<void> {
    if (!this.pool.ending) await this.pool.end();
  }
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

/** node-postgres takes the limit with the statement, though its types do not say so. */
function limited(text: string, answerMs: number | undefined): { readonly text: string } {
  return answerMs === undefined ? { text } : { text, ...{ query_timeout: answerMs } };
}

function openPool(options: DatabaseOptions): Pool {
  const pool = new Pool(poolConfig(options));
  // A connection that breaks is replaced at its next use, and whoever was using it gets a rejection. Each says so in an
  // event besides, idle ones through the pool and those in use themselves; unheard, it would end the process.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

function poolConfig(options: DatabaseOptions): PoolConfig {
  const settings = {
    'spend_ledger.clock_offset': `PT${options.clockOffsetMs / 1000}S`,
    lock_timeout: options.timeoutMs,
    statement_timeout: options.statementMs ?? options.timeoutMs,
    idle_in_transaction_session_timeout: options.idleMs ?? options.timeoutMs,
    timezone: 'UTC',
    ...(options.schema !== undefined && { search_path: `${options.schema},public` }),
    ...(options.byIndexes === true && { enable_seqscan: 'off' }),
  };
  return {
    connectionString: options.connectionString,
    application_name: options.applicationName,
    max: options.maxConnections,
    connectionTimeoutMillis: options.timeoutMs,
    keepAlive: true,
    pipeline: options.pipeline ?? false,
    options: Object.entries(settings)
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(' '),
    types: ledgerTypes(),
  };
}

/** Of this pool only: int8 as bigint, numeric as its digits, times as RFC 3339 text to the microsecond. */
function ledgerTypes(): TypeOverrides {
  const types = new TypeOverrides();
  types.setTypeParser(20, BigInt);
  types.setTypeParser(1184, (text) => text.replace(' ', 'T').replace(/\+00$/, 'Z'));
  return types;
}
