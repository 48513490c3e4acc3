import { Pool, TypeOverrides, type PoolConfig } from 'pg';
import { connectionTls } from './connection-tls';

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
  /** A statement takes one core of the server at most, however much it reads. */
  readonly onOneCore?: boolean;
  /** Statements are sent without waiting for the answers to those before. */
  readonly pipeline?: boolean;
}

/** Connections as the options have them. */
export function openPool(options: DatabaseOptions): Pool {
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
    ...(options.onOneCore === true && { max_parallel_workers_per_gather: 0 }),
    ...(options.byIndexes === true && { enable_seqscan: 'off' }),
  };
  return {
    ...connectionTls(options.connectionString),
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
