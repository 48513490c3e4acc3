import { sql } from 'kysely';
import { Migrator } from 'kysely/migration';
import type { Scope } from '#libs/ledger';
import { findPostgresLog } from '#libs/spend-log';
import {
  createTestDatabase,
  projectionDifferences,
  TEST_CURRENCY,
  TEST_PARTITIONS,
  type TestDatabase,
} from '#libs/testing';
import { createLedger } from './create-ledger';
import { migrations } from './migrations';

const SCOPES: readonly Scope[] = [
  { type: 'key', keyId: 'k' },
  { type: 'user', userId: 'alice' },
  { type: 'user', userId: 'alice', keyId: 'k' },
  { type: 'team', teamId: 'ml' },
  { type: 'team', teamId: 'ml', keyId: 'k' },
  { type: 'team', teamId: 'ml', userId: 'alice' },
  { type: 'team', teamId: 'ml', userId: 'bob', keyId: 'k' },
];
const TIMES = ['1969-12-31T23:59:59.999999Z', '2026-04-27T10:14:59Z', '2026-04-27T10:15:00Z'];

describe('a ledger of before there were windows', () => {
  let db: TestDatabase;
  beforeEach(async () => {
    db = await createTestDatabase({ ledger: false });
  });
  afterEach(() => db.drop());

  it('has the sums of the events it had, of every scope', async () => {
    const migrator = new Migrator({ db: db.database.kysely, provider: migrations });
    expect((await migrator.migrateTo('0004-log-identity')).error).toBeUndefined();
    let offset = 0;
    for (const scope of SCOPES) {
      for (const time of TIMES) {
        for (const amount of ['1.000000000001', '0', null]) {
          await insertSpend(db, offset++, scope, time, amount);
        }
      }
    }
    await insertBalances(db);
    const created = await createLedger(
      db.options,
      { currency: TEST_CURRENCY, partitions: TEST_PARTITIONS },
      { partitions: TEST_PARTITIONS },
      findPostgresLog,
    );
    expect(created).toMatchObject({ ok: true });
    expect(await projectionDifferences(db.database)).toEqual([]);
    const { rows } = await sql`
      select partition, latest_time, windows from member_balance order by partition, user_id`.execute(
      db.database.kysely,
    );
    expect(rows).toHaveLength(4);
    expect(rows[0]).toEqual({ partition: 0, latest_time: TIMES[2], windows: null });
  });
});

/** As the projector of then wrote it: into two partitions, so that a key has a row in each. */
async function insertSpend(
  { database }: TestDatabase,
  offset: number,
  scope: Scope,
  time: string,
  amount: string | null,
): Promise<void> {
  const { type, keyId, userId, teamId } = { ...EMPTY, ...scope };
  await sql`
    insert into spend_event (
      partition, log_offset, event_key, source, event_id, time, recorded_at, known_at, caller, content_hash,
      scope_type, key_id, user_id, team_id, amount, basis, extensions)
    select partition, ${offset}, gen_random_uuid(), 'gateway', ${`call-${offset}`}, ${time}, now(), now(), 'test', '',
           ${type}, ${keyId}, ${userId}, ${teamId}, ${amount}::numeric, ${amount === null ? 'unknown' : 'exact'}, '{}'
    from generate_series(0, 1) as partition`.execute(database.kysely);
}

const EMPTY = { keyId: null, userId: null, teamId: null };

async function insertBalances({ database }: TestDatabase): Promise<void> {
  const kinds = [
    ['key_balance', 'key_id', 'key_id is not null'],
    ['user_balance', 'user_id', `scope_type = 'user'`],
    ['team_balance', 'team_id', `scope_type = 'team'`],
    ['member_balance', 'team_id, user_id', `scope_type = 'team' and user_id is not null`],
  ] as const;
  for (const [table, ids, fedBy] of kinds) {
    await sql
      .raw(
        `insert into ${table} (partition, ${ids}, spent, unpriced, last_offset)
         select partition, ${ids}, coalesce(sum(amount), 0), count(*) - count(amount), max(log_offset)
         from spend_event where ${fedBy} group by partition, ${ids}`,
      )
      .execute(database.kysely);
  }
}
