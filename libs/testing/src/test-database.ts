import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { Client } from 'pg';
import { createLedger, Database, type DatabaseOptions } from '#libs/postgres';
import { findPostgresLog } from '#libs/spend-log';

/** A database of one suite's own, with a ledger in it. */
export interface TestDatabase {
  readonly url: string;
  readonly database: Database;
  readonly options: DatabaseOptions;
  /** Closes and drops it. */
  drop(): Promise<void>;
}

export const TEST_PARTITIONS = 12;
export const TEST_CURRENCY = 'USD';
const TEMPLATE = 'spend_ledger_template';

/** Migrates one database, of which each suite gets a copy in milliseconds. */
export async function prepareTemplate(): Promise<void> {
  await onServer(async (client) => {
    await client.query(`drop database if exists ${TEMPLATE} with (force)`);
    await client.query(`create database ${TEMPLATE}`);
  });
  const created = await createLedger(
    testDatabaseOptions(urlOf(TEMPLATE)),
    { currency: TEST_CURRENCY, partitions: TEST_PARTITIONS },
    { partitions: TEST_PARTITIONS },
    findPostgresLog,
  );
  if (!created.ok) throw new Error(created.sentence);
}

/**
 * @param ledger false gives an empty database, on which a process creates its own ledger
 * @param autovacuum false: plans stay as they are made. Where Postgres has looked at a table by itself, sessions plan anew.
 */
export async function createTestDatabase({
  ledger = true,
  autovacuum = true,
} = {}): Promise<TestDatabase> {
  const created = await createDatabase(ledger ? `template ${TEMPLATE}` : '');
  if (!autovacuum) await switchAutovacuumOff(created.database);
  return created;
}

async function switchAutovacuumOff({ kysely }: Database): Promise<void> {
  const { rows } = await sql<{ name: string }>`
    select relname as name from pg_class
    where relkind = 'r' and relnamespace = 'public'::regnamespace`.execute(kysely);
  for (const { name } of rows) {
    await sql`alter table ${sql.table(name)} set (autovacuum_enabled = off)`.execute(kysely);
  }
}

async function createDatabase(template: string): Promise<TestDatabase> {
  const name = `spend_ledger_${randomBytes(6).toString('hex')}`;
  await onServer((client) => client.query(`create database ${name} ${template}`));
  const options = testDatabaseOptions(urlOf(name));
  const database = new Database(options);
  const drop = async () => {
    await database.close();
    await onServer((client) => client.query(`drop database ${name} with (force)`));
  };
  return { url: options.connectionString, database, options, drop };
}

/** A copy with all that is in it. Nobody else may be connected to what is copied, which is closed here. */
export async function copyTestDatabase({ url, database }: TestDatabase): Promise<TestDatabase> {
  await database.close();
  const copied = /([^/?]+)(?:\?|$)/.exec(url)![1]!;
  return createDatabase(`template ${copied}`);
}

/** How specs connect to a database. */
export function testDatabaseOptions(connectionString: string): DatabaseOptions {
  return {
    connectionString,
    applicationName: 'spend-ledger-test',
    maxConnections: 10,
    clockOffsetMs: 0,
    timeoutMs: 10_000,
  };
}

function serverUrl(): string {
  const url = process.env['SPEND_LEDGER_TEST_POSTGRES'];
  if (!url) throw new Error('SPEND_LEDGER_TEST_POSTGRES is unset: run the tests with `npm test`');
  return url;
}

function urlOf(database: string): string {
  return serverUrl().replace(/^(postgres(?:ql)?:\/\/[^/]*\/)[^?]*/, `$1${database}`);
}

/** As who owns the server, in no ledger's database. */
export async function onServer(use: (client: Client) => Promise<unknown>): Promise<void> {
  const client = new Client({ connectionString: urlOf('postgres') });
  await client.connect();
  try {
    await use(client);
  } finally {
    await client.end();
  }
}
