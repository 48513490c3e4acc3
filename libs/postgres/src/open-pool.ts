import { TypeOverrides, type ClientBase, type Pool, type PoolConfig } from 'pg';
import { connectionTls } from './connection-tls';
import { Renewals, RenewingPool } from './renewing-pool';
import { sessionAddress } from './session/session-address';
import { sessionSettings, type SessionLimits } from './session/session-settings';
import { settleSession } from './session/settle-session';

export interface DatabaseOptions extends SessionLimits {
  readonly connectionString: string;
  readonly applicationName: string;
  /** Most connections this process opens. */
  readonly maxConnections: number;
  /** Statements are sent without waiting for the answers to those before. */
  readonly pipeline?: boolean;
}

/** Connections as the options have them; a session that is not as it was asked for is never used. */
export function openPool(options: DatabaseOptions, renewals = new Renewals()): RenewingPool {
  const settings = sessionSettings(options);
  const settle = (client: ClientBase): unknown =>
    settleSession(client, settings, options.timeoutMs);
  // It is waited for, though the types do not say so.
  return heard(new RenewingPool({ ...poolConfig(options), onConnect: settle }, renewals));
}

/** The same connections, whatever their sessions have become. */
export function openPoolAsItIs(options: DatabaseOptions): Pool {
  return heard(new RenewingPool(poolConfig(options), new Renewals()));
}

/**
 * A connection that breaks is replaced at its next use, and its user gets a rejection. Each says so in an event besides,
 * idle ones through the pool and those in use themselves; unheard, it would end the process.
 */
function heard<T extends Pool>(pool: T): T {
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

function poolConfig(options: DatabaseOptions): PoolConfig {
  const { connectionString, ssl } = connectionTls(options.connectionString);
  return {
    ...sessionAddress(connectionString!, sessionSettings(options)),
    ...(ssl !== undefined && { ssl }),
    application_name: options.applicationName,
    max: options.maxConnections,
    connectionTimeoutMillis: options.timeoutMs,
    keepAlive: true,
    pipeline: options.pipeline ?? false,
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
