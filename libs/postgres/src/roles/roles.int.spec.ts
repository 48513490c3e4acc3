import { sql } from 'kysely';
import { findPostgresLog } from '#libs/spend-log';
import {
  createLedgerLogins,
  createTestDatabase,
  TEST_CURRENCY,
  testDatabaseOptions,
  type LedgerLogins,
  type TestDatabase,
} from '#libs/testing';
import { createLedger } from '../create-ledger';
import { Database } from '../database';
import { grantRoles } from './grant-roles';
import { rolesAsSql } from './grant-statements';
import { GRANTS, LEDGER_ROLES, nameOfRole, type LedgerRole } from './grants';
import { readRoles } from './read-roles';

/** A partition of a partitioned table can be named as well. */
const RECORD = [
  ...['event_claim', 'event_claim_3', 'log_record', 'spend_event'],
  ...['quarantine', 'budget_revision', 'price_book', 'closed_month'],
];
const CHANGES: Readonly<Record<string, (table: string, column: string) => string>> = {
  update: (table, column) => `update ${table} set ${column} = ${column}`,
  delete: (table) => `delete from ${table}`,
  truncate: (table) => `truncate ${table}`,
};
const columnOf = (table: string) => (table === 'closed_month' ? 'month' : 'partition');

/** Whose part it is not, as its attempt. */
const NOT_ITS_PART: readonly [LedgerRole, string][] = [
  ['ingest', `insert into spend_event (partition) values (0)`],
  ['ingest', `update user_balance set spent = 0`],
  ['ingest', `update team_bucket set spent = 0`],
  ['ingest', `insert into budget_revision (partition) values (0)`],
  ['ingest', `update projection_partition set next_offset = 0`],
  ['ingest', `insert into hold (partition) values (0)`],
  ['ingest', `update hold set scope_type = 'team'`],
  ['ingest', `delete from hold`],
  ['ingest', `delete from kept_decision`],
  ['projector', `insert into event_claim (partition) values (0)`],
  ['projector', `insert into log_record (partition) values (0)`],
  ['projector', `update log_partition set end_offset = 0`],
  ['projector', `insert into outbox (partition) values (0)`],
  ['projector', `select * from outbox`],
  ['projector', `update held_account set taken = 0`],
  ['projector', `select move_held(now(), '{}', '{}', '{}', '{}', '{}', '{}', '{}')`],
  ['projector', `delete from held_expiry`],
  ['projector', `update hold set state = 'released'`],
  ['projector', `update budget_revision set definition = null`],
  ['projector', `update projection_partition set claims_until = 0`],
  ['ingest', `insert into price_book (partition) values (0)`],
  ['projector', `delete from user_balance`],
  ['auth', `insert into spend_event (partition) values (0)`],
  ['auth', `insert into log_record (partition) values (0)`],
  ['auth', `insert into log_partition (partition) values (0)`],
  ['auth', `insert into budget_revision (partition) values (0)`],
  ['auth', `update user_balance set spent = 0`],
  ['auth', `insert into key_balance (partition) values (0)`],
  ['auth', `update projection_partition set epoch = 0`],
  ['auth', `select value from outbox`],
  ['auth', `delete from outbox`],
  ['auth', `update hold set caller = 'somebody'`],
  ['auth', `update warning set delivered_at = now()`],
  ['audit', `insert into outbox (partition) values (0)`],
  ['audit', `insert into closed_month (month) values ('2026-01')`],
  ['audit', `select * from lock_held('{0}', '{user:alice}')`],
  ...LEDGER_ROLES.flatMap((role): [LedgerRole, string][] => [
    [role, `insert into credential (kind) values ('token')`],
    [role, `update access_revision set revision = 0`],
    [role, `update ledger set currency = 'EUR'`],
    [role, `update correction_batch set state = 'committed'`],
    [role, `insert into log_import (lines) values (0)`],
    [role, `delete from kysely_migration`],
    [role, `create table public.mine ()`],
    [role, `create schema mine`],
    [role, `create table rebuild.mine ()`],
    [role, `alter table spend_event disable trigger insert_only`],
    [role, `drop table closed_month`],
    [role, `set role ${nameOfRole(role)}; set session_replication_role = replica`],
  ]),
];

describe('roles of the database', () => {
  let server: TestDatabase;
  let db: TestDatabase;
  let logins: LedgerLogins;
  let as: Record<LedgerRole | 'stranger', Database>;

  beforeAll(async () => {
    server = await createTestDatabase({ ledger: false });
    db = await createTestDatabase();
    logins = await createLedgerLogins(db, server);
    as = Object.fromEntries(
      Object.entries(logins.urls).map(([who, url]) => [
        who,
        new Database({ ...testDatabaseOptions(url), maxConnections: 1 }),
      ]),
    ) as typeof as;
    await sql`create schema rebuild`.execute(db.database.kysely);
  });
  afterAll(async () => {
    for (const database of Object.values(as)) await database.close();
    await db.drop();
    await logins.drop();
    await server.drop();
  });

  it('are said for every table that there is', async () => {
    const { rows } = await sql<{ name: string }>`
      select relname as name from pg_class
      where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'f')
        and not relispartition order by 1`.execute(db.database.kysely);
    expect(rows.map(({ name }) => name)).toEqual(Object.keys(GRANTS).sort());
  });

  it('are those of whoever is at work: no function and no table lends its own', async () => {
    const { rows } = await sql`
      select proname from pg_proc where pronamespace = 'public'::regnamespace and prosecdef`.execute(
      db.database.kysely,
    );
    expect(rows).toEqual([]);
    const { rows: powers } = await sql`
      select rolname from pg_roles
      where rolname = any(${LEDGER_ROLES.map(nameOfRole)})
        and (rolsuper or rolcreaterole or rolcreatedb or rolbypassrls or rolreplication or rolcanlogin)`.execute(
      db.database.kysely,
    );
    expect(powers).toEqual([]);
  });

  describe.each(RECORD)('%s is never changed', (table) => {
    it.each(
      LEDGER_ROLES.flatMap((role) => Object.keys(CHANGES).map((verb) => [role, verb] as const)),
    )('by %s: no %s', async (role, verb) => {
      const change = sql.raw(CHANGES[verb]!(table, columnOf(table)));
      await expect(change.execute(as[role].kysely)).rejects.toMatchObject({ code: '42501' });
    });

    it.each(Object.keys(CHANGES))('by its owner: no %s', async (verb) => {
      const change = sql.raw(CHANGES[verb]!(table, columnOf(table)));
      await expect(change.execute(db.database.kysely)).rejects.toThrow('is insert-only');
    });
  });

  it.each(NOT_ITS_PART)('%s may not %s', async (role, attempt) => {
    await expect(sql.raw(attempt).execute(as[role].kysely)).rejects.toMatchObject({
      code: '42501',
    });
  });

  it('say nothing to who is in none', async () => {
    for (const table of Object.keys(GRANTS)) {
      const read = sql`select from ${sql.table(table)}`.execute(as.stranger.kysely);
      await expect(read).rejects.toMatchObject({ code: '42501' });
    }
  });

  it('are told, and granted again as they should be', async () => {
    const { kysely } = db.database;
    await sql`revoke insert on event_claim from spend_ledger_ingest`.execute(kysely);
    await sql`grant delete on key_balance to spend_ledger_auth`.execute(kysely);
    await sql`grant update (spent) on key_balance to spend_ledger_auth`.execute(kysely);
    const spoiled = await readRoles(db.database);
    const { members, granted } = spoiled.find(({ role }) => role === 'ingest')!;
    expect(members).toContain(logins.names.ingest);
    expect(granted.get('outbox')).toEqual(['delete', 'insert', 'select', 'update']);
    const wrong = spoiled.filter(({ missing, excess }) => missing.length + excess.length > 0);
    expect(wrong).toMatchObject([
      { role: 'ingest', missing: ['insert on event_claim'], excess: [] },
      {
        role: 'auth',
        missing: [],
        excess: ['delete on key_balance', 'update (spent) on key_balance'],
      },
    ]);
    expect(await grantRoles(db.database)).toEqual({ outcome: 'granted', created: [] });
    for (const { missing, excess } of await readRoles(db.database)) {
      expect([...missing, ...excess]).toEqual([]);
    }
  });

  it('can be made by somebody else, with what is printed for that', async () => {
    const other = await createTestDatabase();
    try {
      await sql.raw(rolesAsSql()).execute(other.database.kysely);
      for (const { missing, excess } of await readRoles(other.database)) {
        expect([...missing, ...excess]).toEqual([]);
      }
    } finally {
      await other.drop();
    }
  });

  it('are granted by an owner who is nobody else', async () => {
    const owned = await createTestDatabase({ ledger: false });
    const owner = logins.names.stranger;
    const url = owned.url.replace(/^.*:\/\/[^/]*/, logins.urls.stranger.match(/^.*:\/\/[^/]*/)![0]);
    await sql`alter database ${sql.id(nameOf(owned))} owner to ${sql.id(owner)}`.execute(
      db.database.kysely,
    );
    const asOwner = new Database(testDatabaseOptions(url));
    try {
      const wanted = { currency: TEST_CURRENCY, partitions: 3 };
      expect(
        await createLedger(testDatabaseOptions(url), wanted, wanted, findPostgresLog),
      ).toMatchObject({ ok: true, facts: { partitions: 3 } });
      expect(await grantRoles(asOwner)).toEqual({ outcome: 'granted', created: [] });
      for (const { missing, excess } of await readRoles(asOwner)) {
        expect([...missing, ...excess]).toEqual([]);
      }
    } finally {
      await asOwner.close();
      await owned.drop();
    }
  });

  it('are granted by the owner alone', async () => {
    expect(await grantRoles(as.auth)).toMatchObject({
      outcome: 'not_the_owner',
      user: logins.names.auth,
    });
  });
});

function nameOf({ url }: TestDatabase): string {
  return /(spend_ledger_\w+)/.exec(url)![1]!;
}
