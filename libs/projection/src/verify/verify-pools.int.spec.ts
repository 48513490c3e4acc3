import { sql } from 'kysely';
import type { Labels, Scope } from '#libs/ledger';
import {
  budgetRecord,
  createTestDatabase,
  logRecords,
  projectBatch,
  spendRecord,
  spoilRecord,
  TEST_RULES,
  type TestDatabase,
} from '#libs/testing';
import { verifyLedger } from './verify-ledger';

const ML: Scope = { type: 'team', teamId: 'ml', userId: 'alice', keyId: 'k' };
const ACME = new Map([['org', 'acme']]);
const SEARCH = new Map([...ACME, ['project', 'search']]);
const OF_SEARCH = `labels ? 'project'`;
const DAYS = { type: 'calendar', unit: 'day', zone: 'UTC' };

/** Two spends with `org`, one of which has `project`, and one without labels; the first of them settled a hold. */
describe('verifying labels and the ledger', () => {
  let db: TestDatabase;

  beforeEach(async () => {
    db = await createTestDatabase();
    const budget = budgetRecord('days', 1, { account: 'label:org/acme', window: DAYS });
    await project([budget]);
    await project([
      spend('3.00', SEARCH, { holdOutcome: 'settled' }),
      spend('4.00', ACME),
      spend('5.00'),
    ]);
    expect(await differences()).toEqual([]);
  });
  afterEach(() => db.drop());

  it.each<[what: string, plant: string, named: string[]]>([
    [
      'a sum of the ledger that is off by the smallest unit',
      `update pool_balance set spent = spent - 0.000000000001 where account = 'ledger'`,
      ['wrong_spent ledger 11.999999999999 12'],
    ],
    [
      'a sum of a label that is off by the smallest unit',
      `update pool_balance set spent = spent + 0.000000000001 where account = 'label:org/acme'`,
      ['wrong_spent label:org/acme 7.000000000001 7'],
    ],
    [
      'a label that an event has no more',
      `update spend_event set labels = labels - 'org' where ${OF_SEARCH}`,
      [
        'changed_event call-3.00',
        'stale_window label:org/acme 7 4',
        'wrong_bucket label:org/acme 7 4',
        'wrong_bucket label:org/acme 7 4',
        'wrong_spent label:org/acme 7 4',
      ],
    ],
    [
      'a label that an event never had',
      `update spend_event set labels = labels || '{"project": "search"}' where amount = 4`,
      [
        'changed_event call-4.00',
        'wrong_bucket label:project/search 3 7',
        'wrong_bucket label:project/search 3 7',
        'wrong_last_offset label:project/search 0 1',
        'wrong_spent label:project/search 3 7',
      ],
    ],
    [
      'an amount that flips though nothing was held on pools',
      `update spend_event set hold_pools = true where ${OF_SEARCH}`,
      [
        'wrong_flipped label:org/acme 0 3',
        'wrong_flipped label:project/search 0 3',
        'wrong_flipped ledger 0 3',
      ],
    ],
    [
      'a bucket that no event is in',
      `insert into pool_bucket (partition, account, grain, starts, spent)
       select partition, account, 'day', '2020-01-01Z', 1 from pool_balance where account = 'ledger'`,
      ['stray_bucket ledger 1 null'],
    ],
    [
      'a bucket that is not there',
      `delete from pool_bucket where account = 'label:project/search' and grain = 'quarter'`,
      ['missing_bucket label:project/search null 3'],
    ],
    [
      'a sum that is not there',
      `delete from pool_balance where account = 'label:project/search'`,
      ['missing_balance label:project/search null 3'],
    ],
    [
      'a sum of a label that no event has',
      `insert into pool_balance (partition, account, spent, unpriced, last_offset, latest_time)
       select partition, 'label:org/a%2Fb', 1, 0, 0, now() from pool_balance where account = 'ledger'`,
      ['stray_balance label:org/a%2Fb 1 null'],
    ],
    [
      'a window of a label that is off by the smallest unit',
      `update pool_balance set windows = jsonb_set(windows, '{days,2}', '"7.000000000001"')
       where account = 'label:org/acme'`,
      ['stale_window label:org/acme 7.000000000001 7'],
    ],
  ])('names %s', async (_, plant, named) => {
    await spoilRecord(db.database, (trx) => sql.raw(plant).execute(trx));
    expect(await differences()).toEqual(named);
  });

  async function project(records: readonly ReturnType<typeof spend>[]): Promise<void> {
    expect(await projectBatch(db.database, logRecords(records), undefined, true)).toBe('applied');
  }

  /** In a line each: what, of which account or event, what stands there and what must. */
  async function differences(): Promise<string[]> {
    // As if the log was elsewhere: these records were never appended.
    const facts = { ...TEST_RULES, logId: 'elsewhere' };
    const { signal } = new AbortController();
    const found = await verifyLedger(db.database, facts, { most: 100, atOnce: 1, signal });
    // Where a sum is wrong, claims are looked through for events that are gone: those of budgets are none.
    return found.differences
      .map(({ kind, account, id, stored, expected }) =>
        account === undefined ? `${kind} ${id}` : `${kind} ${account} ${stored} ${expected}`,
      )
      .sort();
  }
});

function spend(amount: string, labels?: Labels, given: Parameters<typeof spendRecord>[2] = {}) {
  return spendRecord(ML, amount, {
    id: `call-${amount}`,
    ...(labels && { labels }),
    ...given,
  });
}
