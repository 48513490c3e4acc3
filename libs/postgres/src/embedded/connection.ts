import { Client } from 'pg';
import { sessionAddress } from '../session/session-address';
import { RELIED_ON } from '../session/session-settings';
import { errorCode } from './error-code';

const DATABASE = 'spend_ledger';
const CONNECT_MS = 5_000;

/**
 * For node-postgres and for libpq: the socket's folder stands in the query, because it may hold
 * characters that no host may. What PG* variables could change is said explicitly.
 */
export function connectionStringOf(socketDir: string, database = DATABASE): string {
  const query = `host=${encodeURIComponent(socketDir)}&port=5432&sslmode=disable`;
  return `postgresql://postgres@/${database}?${query}`;
}

/** A connection to the ledger's database, created if it is missing; throws if none can be had. */
export async function connect(socketDir: string, applicationName: string): Promise<Client> {
  try {
    return await open(connectionStringOf(socketDir), applicationName);
  } catch (error) {
    if (errorCode(error) !== '3D000') throw error;
    await createDatabase(socketDir, applicationName);
    return await open(connectionStringOf(socketDir), applicationName);
  }
}

async function createDatabase(socketDir: string, applicationName: string): Promise<void> {
  const client = await open(connectionStringOf(socketDir, 'postgres'), applicationName);
  try {
    await client.query(`create database ${DATABASE}`);
  } catch (error) {
    // Another start was quicker.
    if (!['42P04', '23505'].includes(errorCode(error) ?? '')) throw error;
  } finally {
    await client.end();
  }
}

async function open(connectionString: string, applicationName: string): Promise<Client> {
  const client = new Client({
    ...sessionAddress(connectionString, RELIED_ON),
    application_name: applicationName,
    connectionTimeoutMillis: CONNECT_MS,
  });
  // An idle connection that breaks says so here and in `end`; unheard, it would end the process.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
