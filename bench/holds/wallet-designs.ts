import { sql } from 'kysely';
import { Database } from '#libs/postgres';
import { createTestDatabase, testDatabaseOptions, type TestDatabase } from '#libs/testing';
import { TTL_SECONDS, type HoldDesign } from './hold-design';

/** As many as a user's pool may well have. */
const CONNECTIONS = 32;
/** Much longer than a hold takes in the longest queue. */
const TIMEOUT_MS = 60_000;

const READ = {
  name: 'read',
  text: 'select spent + held + 1 <= lim from wallet where id = $1',
};
const READ_FOR_UPDATE = { name: 'read-for-update', text: `${READ.text} for update` };
const COUNT = { name: 'count', text: 'update wallet set held = held + 1 where id = $1' };
const KEEP = {
  name: 'keep',
  text: `insert into wallet_hold (wallet, amount, expires_at) values ($1, 1, now() + interval '${TTL_SECONDS} s')`,
};
const TAKE = {
  name: 'take',
  text: `
    with taken as (
      update wallet set held = held + 1 where id = $1 and spent + held + 1 <= lim returning id
    )
    insert into wallet_hold (wallet, amount, expires_at)
    select id, 1, now() + interval '${TTL_SECONDS} s' from taken returning true`,
};

type Take = (database: Database, account: string) => Promise<boolean>;

/** `begin; select … for update;` check; `update; insert; commit`. */
const lockAndCheck: Take = (database, account) =>
  database.atomically(async (client) => {
    const [row] = await client.prepared<[boolean]>(READ_FOR_UPDATE, [account]);
    if (!row![0]) return false;
    await client.prepared(COUNT, [account]);
    await client.prepared(KEEP, [account]);
    return true;
  });

const oneStatement: Take = async (database, account) =>
  (await database.prepared(TAKE, [account])).length > 0;

/** Looks whether there is room, then counts, as gateways do with their counters. */
const checkThenCount: Take = async (database, account) => {
  const [row] = await database.prepared<[boolean]>(READ, [account]);
  if (!row![0]) return false;
  await database.prepared(COUNT, [account]);
  return true;
};

export const WALLET_TAKES = { lockAndCheck, oneStatement, checkThenCount };

/** A database with the tables that one would write for these. */
export async function createWallets(): Promise<TestDatabase> {
  const db = await createTestDatabase({ ledger: false });
  const { kysely } = db.database;
  await sql`
    create table wallet (
      id text primary key,
      lim numeric not null,
      spent numeric not null default 0,
      held numeric not null default 0
    ) with (fillfactor = 20)`.execute(kysely);
  await sql`
    create table wallet_hold (
      id uuid primary key default gen_random_uuid(),
      wallet text not null,
      amount numeric not null,
      expires_at timestamptz not null
    )`.execute(kysely);
  return db;
}

/** Holds as a user would write them by hand: a row for the budget, and one for each hold, which never expires. */
export function walletDesign(url: string, take: Take): HoldDesign {
  const options = { ...testDatabaseOptions(url), timeoutMs: TIMEOUT_MS };
  const database = new Database({ ...options, maxConnections: CONNECTIONS });
  return {
    setRoom: async (accounts, room) => {
      await sql`
        insert into wallet (id, lim) select id, ${room}::int from unnest(${accounts}::text[]) as given (id)
        on conflict (id) do nothing`.execute(database.kysely);
      if (accounts.length > 1) await sql`analyze wallet`.execute(database.kysely);
    },
    take: (account) => take(database, account),
    close: () => database.close(),
  };
}
