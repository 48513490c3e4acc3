import { randomInt } from 'node:crypto';
import { sql } from 'kysely';
import {
  formatMoney,
  instantOf,
  isOfScope,
  parseAccount,
  partitionOfHeld,
  partitionOfScope,
  type Account,
  type ScopeAccount,
  type Scope,
} from '#libs/ledger';
import type { Prepared } from '#libs/postgres';
import {
  budgetRecord,
  createTestDatabase,
  openTestLog,
  projectLog,
  propertyOptions,
  spendRecord,
  TEST_PARTITIONS,
  TestClock,
  type TestDatabase,
} from '#libs/testing';
import { readSnapshot } from './read-snapshot';

const ALICE: Scope = { type: 'user', userId: 'alice' };
const NAME = 'user:alice';
const ACCOUNT = accountOf(NAME);
const ACCOUNTS: ReadonlyMap<string, Account> = new Map([[NAME, ACCOUNT]]);
const PARTITION = partitionOfScope(ALICE, TEST_PARTITIONS);
const MONTH = { type: 'calendar', unit: 'month', zone: 'UTC' };
const TIME = instantOf('2026-04-27T10:00:00Z');
const ROUNDS = 300;
const seed = propertyOptions(1).seed ?? randomInt(2 ** 31);

describe('all that an answer needs is of one snapshot', () => {
  let db: TestDatabase;

  beforeEach(async () => {
    db = await createTestDatabase();
    await TestClock.of(db.database, '2026-04-28T00:00:00Z');
  });
  afterEach(() => db.drop());

  // Hypothesis: a reader between two commits, or with two snapshots, counts money as held and as spent, or as neither.
  it(`so that what is held becomes spend at once, for every reader (FC_SEED=${seed})`, async () => {
    await record(
      budgetRecord('all', 1, { account: NAME }),
      budgetRecord('month', 1, { account: NAME, window: MONTH }),
      spendRecord(ALICE, '0.01', { time: TIME }),
    );
    await db.database.atomically(async (client) => {
      const account = [[partitionOfHeld(ACCOUNT, TEST_PARTITIONS)], [NAME]];
      await client.prepared({ name: 'lock', text: 'select lock_held($1, $2)' }, account);
      const values = [...account, ['1000000'], ['2026-04-29T00:00:00Z']];
      const text = 'select move_held(ledger_now(), $1, $2, $3, $1, $2, $4, $3)';
      await client.prepared({ name: 'move', text }, values);
    });
    let isDone = false;
    let readings = 0;
    const readAlong = async (client: Prepared) => {
      const snapshot = await readSnapshot(client, ACCOUNTS, TEST_PARTITIONS);
      const sums = snapshot.statesOf(ACCOUNT).map((state) => state.spentPico + state.heldPico);
      expect(sums.map(formatMoney)).toEqual(['1000000.01', '1000000.01']);
      readings++;
    };
    const reads = async (readOne: () => Promise<void>) => {
      while (!isDone) await readOne();
    };
    const flips = async () => {
      const random = randomOf(seed);
      try {
        for (let round = 0; round < ROUNDS; round++)
          await flip(`${random(3000)}.01`, random(2) > 0);
      } finally {
        isDone = true;
      }
    };
    await Promise.all([
      flips(),
      reads(() => readAlong(db.database)),
      reads(() => db.database.atomically(readAlong)),
    ]);
    expect(readings).toBeGreaterThan(ROUNDS / 10);
  });

  it('also when the budgets change between its readings', async () => {
    await record(spendRecord(ALICE, '3.00', { time: TIME }));
    await record(budgetRecord('b1', 1, { account: NAME, window: MONTH }));
    const client = whichSetsBudgets(3);
    const states = (await readSnapshot(client, ACCOUNTS, TEST_PARTITIONS)).statesOf(ACCOUNT);
    expect(
      states.map(({ budget, spentPico }) => [budget.budgetId, formatMoney(spentPico)]),
    ).toEqual(['b1', 'b2', 'b3', 'b4'].map((budgetId) => [budgetId, '3.00']));
  });

  it('or is given up when they do so without end', async () => {
    await record(spendRecord(ALICE, '3.00', { time: TIME }));
    await record(budgetRecord('b1', 1, { account: NAME, window: MONTH }));
    const reading = readSnapshot(whichSetsBudgets(Infinity), ACCOUNTS, TEST_PARTITIONS);
    await expect(reading).rejects.toThrow('budgets change faster');
  });

  /** Sets another budget after each of its first readings: its window is not kept, for no spend comes after it. */
  function whichSetsBudgets(most: number): Prepared {
    let readings = 0;
    return {
      prepared: async (statement, values) => {
        const rows = await db.database.prepared(statement, values);
        if (readings++ < most) {
          await record(budgetRecord(`b${readings + 1}`, 1, { account: NAME, window: MONTH }));
        }
        return rows as never;
      },
    };
  }

  const record = async (...records: Parameters<ReturnType<typeof openTestLog>['append']>[0]) => {
    await openTestLog(db.database).append(records);
    await projectLog(db.database);
  };

  /** What a settled hold does when its event is applied, in balance, kept windows and buckets. */
  async function flip(amount: string, isKept: boolean): Promise<void> {
    const { kysely } = db.database;
    await kysely.transaction().execute(async (trx) => {
      await sql`
        update user_bucket set spent = spent + ${amount}
        where partition = ${PARTITION} and user_id = 'alice'`.execute(trx);
      await sql`
        update user_balance set spent = spent + ${amount}, flipped = flipped + ${amount},
          windows = case when ${isKept} then jsonb_build_object('month', jsonb_build_array(
            '2026-04-01T00:00:00Z', '2026-05-01T00:00:00Z', (spent + ${amount})::text)) end
        where partition = ${PARTITION} and user_id = 'alice'`.execute(trx);
    });
  }
});

function randomOf(from: number): (below: number) => number {
  let state = from;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function accountOf(name: string): ScopeAccount {
  const account = parseAccount(name, 'account');
  if (!account.ok || !isOfScope(account.value)) throw new Error(`not of a scope: ${name}`);
  return account.value;
}
