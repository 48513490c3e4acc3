import { formatMoney, instantOf, partitionOfScope, type Scope } from '#libs/ledger';
import { TEST_PARTITIONS } from '#libs/testing';
import { accountOf, AskedLedger, spent } from './asked-ledger.fixture';
import { readSumAsOf } from './sum-as-of';

const APRIL = { from: instantOf('2026-04-01T00:00:00Z'), until: instantOf('2026-05-01T00:00:00Z') };
const ALL_TIME = { from: null, until: null };
const SCOPES: Scope[] = ['alice', 'bob'].map((userId) => ({ type: 'user', userId, keyId: 'k' }));

describe('the sum of an account', () => {
  let ledger: AskedLedger;

  beforeAll(async () => {
    ledger = await AskedLedger.create();
    const partitions = SCOPES.map((scope) => partitionOfScope(scope, TEST_PARTITIONS));
    expect(new Set(partitions).size).toBe(2);
    for (const scope of SCOPES) {
      await ledger.record(
        spent(scope, '1.00', '2026-03-31T23:59:59.999999Z'),
        spent(scope, '20.00', '2026-04-01T00:00:00Z'),
        spent(scope, '300.00', '2026-04-30T23:59:59.999999Z'),
        spent(scope, undefined, '2026-04-15T00:00:00Z', '2026-05-01T00:00:00Z'),
        spent(scope, '4000.00', '2026-05-01T00:00:00Z'),
        spent(scope, '50000.00', '2026-04-15T00:00:00Z', '2026-05-09T00:00:00Z'),
      );
    }
  });
  afterAll(() => ledger.drop());

  it.each([
    ['user:alice', 1],
    ['key:k', 2],
    ['person:bob', 1],
    ['ledger', 2],
  ])('%s is over the entries from a time up to another, as known then', async (name, times) => {
    const known = instantOf('2026-05-03T00:00:00Z');
    const sum = async (asked: typeof APRIL | typeof ALL_TIME, knownAt?: bigint) => {
      const asOf = { ...asked, knownAt };
      const account = accountOf(name);
      const read = await readSumAsOf(ledger.database, account, TEST_PARTITIONS, asOf);
      return [formatMoney(read.spentPico / BigInt(times)), read.unpriced / times];
    };
    expect(await sum(APRIL, known)).toEqual(['320.00', 1]);
    expect(await sum(APRIL)).toEqual(['50320.00', 1]);
    expect(await sum(ALL_TIME, known)).toEqual(['4321.00', 1]);
    expect(await sum(ALL_TIME)).toEqual(['54321.00', 1]);
    expect(await sum(APRIL, instantOf('2026-04-30T00:00:00Z'))).toEqual(['20.00', 0]);
  });
});
