import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { partitionOfScope, type Scope } from '#libs/ledger';
import type { SpendEventTable } from '#libs/postgres';
import {
  createTestDatabase,
  logRecords,
  projectBatch,
  spendRecord,
  TEST_PARTITIONS,
  type TestDatabase,
} from '#libs/testing';

const USER: Scope = { type: 'user', userId: 'alice', keyId: 'k' };
const TEAM = teamOfPartition(partitionOfScope(USER, TEST_PARTITIONS));

/** One event of a user at offset 0 and one of a team with the same user at offset 1, in one partition. */
describe('Postgres itself refuses', () => {
  let db: TestDatabase;
  let ofUser: SpendEventTable;
  let ofTeam: SpendEventTable;

  beforeAll(async () => {
    db = await createTestDatabase();
    const records = [spendRecord(USER, '11.92'), spendRecord(TEAM, '400.00')];
    await projectBatch(db.database, logRecords(records));
    const events = db.database.kysely.selectFrom('spend_event').selectAll().orderBy('log_offset');
    [ofUser, ofTeam] = (await events.execute()) as [SpendEventTable, SpendEventTable];
  });
  afterAll(() => db.drop());

  const balanceFedBy = (event: SpendEventTable) => ({
    partition: event.partition,
    spent: event.amount!,
    unpriced: 0n,
    last_offset: event.log_offset,
    latest_time: event.time,
  });

  it("a user's balance that a team's event feeds, as a new row or as a change", async () => {
    const { kysely } = db.database;
    const refused = { constraint: 'user_balance_is_fed_by_its_scope' };
    const row = { ...balanceFedBy(ofTeam), user_id: 'bob' };
    const insert = kysely.insertInto('user_balance').values(row);
    await expect(insert.execute()).rejects.toMatchObject(refused);
    const { spent, last_offset } = balanceFedBy(ofTeam);
    const update = kysely.updateTable('user_balance').set({ spent, last_offset });
    await expect(update.execute()).rejects.toMatchObject(refused);
  });

  it("a team's or a member's balance that a user's event feeds", async () => {
    const { kysely } = db.database;
    const team = { ...balanceFedBy(ofUser), team_id: 'x' };
    await expect(kysely.insertInto('team_balance').values(team).execute()).rejects.toMatchObject({
      constraint: 'team_balance_is_fed_by_its_scope',
    });
    const member = { ...team, user_id: 'alice' };
    await expect(
      kysely.insertInto('member_balance').values(member).execute(),
    ).rejects.toMatchObject({ constraint: 'member_balance_is_fed_by_its_scope' });
  });

  it('a balance that no event feeds', async () => {
    const row = { ...balanceFedBy(ofUser), user_id: 'bob', last_offset: 99n };
    await expect(
      db.database.kysely.insertInto('user_balance').values(row).execute(),
    ).rejects.toMatchObject({ constraint: 'user_balance_is_fed_by_its_scope' });
  });

  it.each([
    ['user_bucket', ['user_id'], 'team'],
    ['team_bucket', ['team_id'], 'user'],
    ['member_bucket', ['team_id', 'user_id'], 'user'],
  ] as const)('a sum in %s over events of another scope', async (table, ids, scope) => {
    const insert = sql`
        insert into ${sql.table(table)}
          (partition, ${sql.join(ids.map((id) => sql.ref(id)))}, grain, starts, spent, scope_type)
        values (0, ${sql.join(ids.map(() => 'x'))}, 'day', '2026-04-27', 1, ${scope})`;
    await expect(insert.execute(db.database.kysely)).rejects.toMatchObject({
      constraint: `${table}_scope_type_check`,
    });
  });

  it.each(['user:bob', 'team:ml', 'member:ml/bob', 'key:k', 'person:bob', 'ledger2', 'label', ''])(
    'a sum of %s among those that are fed from every scope',
    async (account) => {
      const { kysely } = db.database;
      const balance = kysely
        .insertInto('pool_balance')
        .values({ ...balanceFedBy(ofUser), account });
      await expect(balance.execute()).rejects.toMatchObject({
        constraint: 'pool_balance_account_check',
      });
      const row = {
        partition: 0,
        account,
        grain: 'day',
        starts: '2026-04-27',
        spent: '1',
      } as const;
      const bucket = kysely.insertInto('pool_bucket').values(row);
      await expect(bucket.execute()).rejects.toMatchObject({
        constraint: 'pool_bucket_account_check',
      });
    },
  );

  it('that what stands for a pool becomes another account', async () => {
    const { kysely } = db.database;
    for (const table of ['pool_balance', 'pool_bucket'] as const) {
      const update = kysely.updateTable(table).set({ account: 'user:alice' });
      await expect(update.execute()).rejects.toMatchObject({
        constraint: `${table}_account_check`,
      });
    }
  });

  const none = { key_id: null, user_id: null, team_id: null };
  const user = { ...none, scope_type: 'user', user_id: 'u' } as const;
  const team = { ...none, scope_type: 'team', team_id: 't' } as const;
  const key = { ...none, scope_type: 'key', key_id: 'k' } as const;

  it.each<[string, Partial<SpendEventTable>, string]>([
    ['a user scope without a user', { ...user, user_id: null }, 'scope_has_its_ids'],
    ['a user scope with a team', { ...user, team_id: 't' }, 'scope_has_its_ids'],
    ['a team scope without a team', { ...team, team_id: null, user_id: 'u' }, 'scope_has_its_ids'],
    ['a key scope without a key', { ...key, key_id: null }, 'scope_has_its_ids'],
    ['a key scope with a user', { ...key, user_id: 'u' }, 'scope_has_its_ids'],
    ['a key scope with a team', { ...key, team_id: 't' }, 'scope_has_its_ids'],
    ['another scope', { ...key, scope_type: 'org' as 'key' }, 'scope_has_its_ids'],
    ['an empty key', { ...key, key_id: '' }, 'spend_event_key_id_check'],
    ['an empty user', { ...user, user_id: '' }, 'spend_event_user_id_check'],
    ['an empty team', { ...team, team_id: '' }, 'spend_event_team_id_check'],
    ['an amount of unknown basis', { basis: 'unknown', amount: '0' }, 'unknown_is_not_zero'],
    ['no amount of exact basis', { basis: 'exact', amount: null }, 'unknown_is_not_zero'],
    ['no amount of estimated basis', { basis: 'estimated', amount: null }, 'unknown_is_not_zero'],
    ['another basis', { basis: 'guessed' as 'exact' }, 'unknown_is_not_zero'],
    ['an outcome of no hold', { hold_outcome: 'settled' }, 'outcome_of_a_hold'],
    [
      'another outcome',
      { hold_id: 'h', hold_outcome: 'released' as 'ended' },
      'spend_event_hold_outcome_check',
    ],
    ['pools that no settled hold took from', { hold_pools: true }, 'pools_of_a_settled_hold'],
    ['a negative amount', { amount: '-0.01' }, 'spend_event_amount_check'],
    ['an amount of 10^15', { amount: '1000000000000000' }, 'spend_event_amount_check'],
    ['an amount that is not a number', { amount: 'NaN' }, 'spend_event_amount_check'],
    ['an amount without end', { amount: 'Infinity' }, 'spend_event_amount_check'],
  ])('an event with %s', async (_, members, constraint) => {
    const row = { ...ofUser, event_key: randomUUID(), log_offset: 2n, ...members };
    await expect(
      db.database.kysely.insertInto('spend_event').values(row).execute(),
    ).rejects.toMatchObject({ constraint });
  });
});

/** A team whose events lie in this partition, so that only its scope tells its event from a user's. */
function teamOfPartition(partition: number): Scope {
  for (let n = 0; ; n++) {
    const team: Scope = { type: 'team', teamId: `team-${n}`, userId: 'alice', keyId: 'k' };
    if (partitionOfScope(team, TEST_PARTITIONS) === partition) return team;
  }
}
