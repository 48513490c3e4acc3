import { sql, type Transaction } from 'kysely';
import type { Scope } from '#libs/ledger';
import type { Prepared, Tables } from '#libs/postgres';
import {
  createTestDatabase,
  logRecords,
  projectBatch,
  spendRecord,
  TEST_RULES,
  untilSessionsWait,
  type TestDatabase,
} from '#libs/testing';
import type { LogRecord } from '#libs/wire';
import { planBatch } from './plan-batch';
import { writeBalances } from './write-balances';
import { writeSpendEvents } from './write-spend-events';

const KEYS = ['a', 'm', 'z'];
const UPDATE = {
  name: 'update',
  text: `
    update balance set spent = spent + 1 from unnest($1::text[]) as given (id)
    where balance.id = given.id`,
};

/**
 * Two transactions write the same rows, given in opposite orders. The first one is held up at the row in the middle
 * until the second one waits as well.
 */
describe('two that write the same balances', () => {
  let db: TestDatabase;

  beforeEach(async () => {
    db = await createTestDatabase();
  });
  afterEach(() => db.drop());

  const meetInTheMiddle = async (
    lockMiddle: (trx: Transaction<Tables>) => Promise<unknown>,
    write: (client: Prepared, keys: readonly string[]) => Promise<unknown>,
  ) => {
    const { kysely } = db.database;
    const obstacle = await kysely.startTransaction().execute();
    await lockMiddle(obstacle);
    const forth = db.database.atomically((client) => write(client, ['a', 'm', 'z']));
    await untilSessionsWait(db.database, 1);
    const back = db.database.atomically((client) => write(client, ['z', 'a']));
    await untilSessionsWait(db.database, 2);
    await obstacle.rollback().execute();
    const results = await Promise.allSettled([forth, back]);
    return results.map((result) => (result.status === 'rejected' ? codeOf(result) : 'written'));
  };

  it('deadlock with update … from unnest', async () => {
    const { kysely } = db.database;
    await sql`create table balance (id text primary key, spent numeric)`.execute(kysely);
    await sql`
      insert into balance select chr(97 + n % 26) || coalesce(nullif(n / 26, 0)::text, ''), 0
      from generate_series(0, 9999) n`.execute(kysely);
    await sql`analyze balance`.execute(kysely);
    const outcomes = await meetInTheMiddle(
      (trx) => sql`select from balance where id = 'm' for update`.execute(trx),
      (client, keys) => client.prepared(UPDATE, [keys]),
    );
    expect(outcomes.sort()).toEqual(['40P01', 'written']);
  });

  it('wait for each other with inserts in the order of the key', async () => {
    const first = recordsOf(KEYS, 0n);
    const { partition } = first[0]!;
    await projectBatch(db.database, first);
    let end = 3n;
    const outcomes = await meetInTheMiddle(
      (trx) => sql`select from key_balance where key_id = 'm' for update`.execute(trx),
      async (client, keys) => {
        const from = end;
        end += BigInt(keys.length);
        const { spends } = planBatch(recordsOf(keys, from), undefined, TEST_RULES);
        await writeSpendEvents(client, partition, spends);
        await writeBalances(client, { partition, from, to: from + BigInt(keys.length) }, []);
      },
    );
    expect(outcomes).toEqual(['written', 'written']);
    const rows = db.database.kysely.selectFrom('key_balance').select('spent').orderBy('key_id');
    expect((await rows.execute()).map(({ spent }) => spent)).toEqual(['3.00', '2.00', '3.00']);
  });
});

/** A spend of 1.00 with each key, all of one team and so of one partition. */
function recordsOf(keys: readonly string[], from: bigint): LogRecord[] {
  const scopes = keys.map((keyId): Scope => ({ type: 'team', teamId: 'ml', keyId }));
  return logRecords(
    scopes.map((scope) => spendRecord(scope, '1.00')),
    from,
  );
}

function codeOf({ reason }: PromiseRejectedResult): string {
  return (reason as { code: string }).code;
}
