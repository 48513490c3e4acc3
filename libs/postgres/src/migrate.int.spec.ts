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
import { createLedger } from './create-ledger';
import { readRoles } from './roles/read-roles';

describe('a process that may not change tables', () => {
  let empty: TestDatabase;
  let db: TestDatabase;
  let logins: LedgerLogins;

  beforeAll(async () => {
    empty = await createTestDatabase({ ledger: false });
    db = await createTestDatabase();
    logins = await createLedgerLogins(db, empty);
  });
  afterAll(async () => {
    await db.drop();
    await logins.drop();
    await empty.drop();
  });

  const open = (url: string) =>
    createLedger(
      testDatabaseOptions(url),
      { currency: TEST_CURRENCY, partitions: undefined },
      { partitions: 1 },
      findPostgresLog,
    );
  const sentence = (text: RegExp) => ({
    ok: false,
    sentence: expect.stringMatching(text) as string,
  });
  const asOwner = (statement: string) => sql.raw(statement).execute(db.database.kysely);
  const inEmpty = (url: string) => {
    const [name, other] = [empty.url, db.url].map((each) => /(spend_ledger_\w+)/.exec(each)![1]!);
    return url.replace(other!, name!);
  };

  it('starts where nothing is to be done', async () => {
    for (const role of ['ingest', 'projector', 'auth', 'audit'] as const) {
      expect(await open(logins.urls[role])).toMatchObject({ ok: true, facts: { partitions: 12 } });
    }
  });

  it('is told what it is no member of', async () => {
    expect(await open(logins.urls.stranger)).toEqual(
      sentence(/^login_stranger_\w+ may not read this ledger: make it a member/),
    );
  });

  it('makes no ledger', async () => {
    expect(await open(inEmpty(logins.urls.ingest))).toEqual(
      sentence(/^There is no ledger in this database, and login_ingest_\w+ may not make one: run/),
    );
  });

  it('stops before tables of another version; the owner brings them up to date, and grants again', async () => {
    await asOwner(`delete from kysely_migration where name >= '0012'`);
    await asOwner('drop trigger insert_only on spend_event');
    await asOwner('drop trigger insert_only on quarantine');
    await asOwner('drop trigger insert_only on budget_revision');
    await asOwner('drop index spend_event_key_owners');
    await asOwner('alter table ledger drop column time_zone_data');
    await asOwner('drop table price_book');
    await asOwner('alter table spend_event drop column usage, drop column priced_by');
    await asOwner(`alter table spend_event add constraint unknown_is_not_zero check (basis <> '')`);
    await asOwner('alter table hold drop column on_expiry, drop column expiry_event');
    await asOwner('drop function owing_holds');
    await asOwner('alter table outbox drop column after_key');
    await asOwner('drop table pool_balance, pool_bucket');
    await asOwner('drop index member_balance_user_id_idx');
    await asOwner('drop function pools_of, pool_spent');
    await asOwner('drop index budget_requires');
    await asOwner('drop function requires_label');
    await asOwner('alter table spend_event drop column labels, drop column hold_pools');
    await asOwner('alter table spend_event drop column ledger_labels');
    await asOwner('drop table pool_held, pool_expiry, pool_gate');
    await asOwner('drop function pool_held_at, person_held_at, lock_gates, move_pools');
    await asOwner('drop function count_out_pools');
    await asOwner('alter table held_account drop column person');
    await asOwner(`alter table hold drop column labels, drop column model, drop column on_pools,
      drop column settled_labels, drop column settled_model`);
    await asOwner('revoke all on credential from spend_ledger_auth, spend_ledger_ingest');
    expect(await open(logins.urls.auth)).toEqual(
      sentence(/of an older version, and login_auth_\w+ may not change them: run `npm run ledger/),
    );
    expect(await open(db.url)).toMatchObject({ ok: true });
    expect(await open(logins.urls.auth)).toMatchObject({ ok: true });
    for (const { missing, excess } of await readRoles(db.database)) {
      expect([...missing, ...excess]).toEqual([]);
    }
    await asOwner(`insert into kysely_migration (name, timestamp) values ('9999-later', '')`);
    for (const url of [db.url, logins.urls.auth]) {
      expect(await open(url)).toEqual(sentence(/of a newer version \(they have 9999-later\)/));
    }
    await asOwner(`delete from kysely_migration where name = '9999-later'`);
  });

  it('makes none where its creation was interrupted', async () => {
    await asOwner('delete from ledger');
    expect(await open(logins.urls.projector)).toEqual(sentence(/^No ledger was created in this/));
  });
});
