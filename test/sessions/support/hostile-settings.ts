import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { Database } from '#libs/postgres';
import {
  createTestDatabase,
  onServer,
  testDatabaseOptions,
  type TestDatabase,
} from '#libs/testing';

/** Settings that others make for good reasons of theirs, under which the ledger's statements meant something else. */
export const HOSTILE: readonly (readonly [name: string, value: string, needed: string])[] = [
  ['DateStyle', 'German', 'ISO, MDY'],
  ['IntervalStyle', 'sql_standard', 'postgres'],
  ['TimeZone', 'Asia/Kathmandu', 'UTC'],
  ['timezone_abbreviations', 'India', 'Default'],
  ['bytea_output', 'escape', 'hex'],
  ['client_encoding', 'LATIN1', 'UTF8'],
  ['extra_float_digits', '-15', '1'],
  ['array_nulls', 'off', 'on'],
  ['quote_all_identifiers', 'on', 'off'],
  ['standard_conforming_strings', 'off', 'on'],
  ['transform_null_equals', 'on', 'off'],
  ['search_path', '', 'public'],
  ['default_transaction_isolation', 'repeatable read', 'read committed'],
  ['exit_on_error', 'on', 'off'],
  ['synchronous_commit', 'off', 'on'],
  ['session_replication_role', 'replica', 'origin'],
  ['lock_timeout', '1', '10s'],
  ['statement_timeout', '1', '10s'],
  ['idle_in_transaction_session_timeout', '1', '10s'],
  ['idle_session_timeout', '1', '0'],
  ['jit', 'on', 'off'],
  ['plan_cache_mode', 'force_generic_plan', 'auto'],
  ['enable_indexscan', 'off', 'on'],
  ['enable_indexonlyscan', 'off', 'on'],
  ['enable_bitmapscan', 'off', 'on'],
  ['enable_nestloop', 'off', 'on'],
  ['enable_partition_pruning', 'off', 'on'],
];

/** Where a setting is made: for who comes to the database, or for who comes as its user. */
export const LEVELS = ['database', 'role'] as const;
export type Level = (typeof LEVELS)[number];

/**
 * A database in which settings are made, for who comes by its address.
 * @param ledger false gives an empty database, on which a process creates its own ledger */
export async function underSettings(
  level: Level,
  settings: readonly (readonly [name: string, value: string, ...unknown[]])[],
  { ledger = true } = {},
): Promise<TestDatabase> {
  const made = await createTestDatabase({ ledger });
  const db = level === 'database' ? made : await asNewRole(made);
  const on = sql.raw(
    level === 'database' ? `database ${nameIn(db.url)}` : `role ${userIn(db.url)}`,
  );
  for (const [name, value] of settings) {
    await sql`alter ${on} set ${sql.id(name.toLowerCase())} = ${sql.lit(value)}`.execute(
      made.database.kysely,
    );
  }
  await made.database.close();
  const database = new Database(db.options);
  return {
    ...db,
    database,
    drop: async () => {
      await database.close();
      await db.drop();
    },
  };
}

/** The same database, as a user of its own who may do everything. */
async function asNewRole(made: TestDatabase): Promise<TestDatabase> {
  const role = `hostile_${randomBytes(6).toString('hex')}`;
  const password = randomBytes(12).toString('hex');
  const { kysely } = made.database;
  await sql`
    create role ${sql.id(role)} superuser login password ${sql.lit(password)}`.execute(kysely);
  const url = made.url.replace(/^(postgres(?:ql)?:\/\/)(?:[^@/]*@)?/, `$1${role}:${password}@`);
  const drop = async () => {
    await made.drop();
    await onServer((client) => client.query(`drop role ${role}`));
  };
  return { ...made, url, options: testDatabaseOptions(url), drop };
}

const nameIn = (url: string) => /([^/?]+)(?:\?|$)/.exec(url)![1]!;
const userIn = (url: string) => /\/\/([^:]+):/.exec(url)![1]!;
