import { ANYBODY } from '#libs/access';
import { readBudgetInForce } from '#libs/balances';
import { parseBudget, partitionOfBudget, type Budget } from '#libs/ledger';
import { Database } from '#libs/postgres';
import {
  createTestDatabase,
  openTestLog,
  projectLog,
  TEST_PARTITIONS,
  type TestDatabase,
} from '#libs/testing';
import { BudgetChanger } from './change-budget';
import { ClaimRestoration } from './claim-restoration';
import { OutboxRelay } from './outbox-relay';
import { RecordingRounds } from './recording-rounds';

const HOUR_MS = 3_600_000;
const PAST = '2020-01-01T00:00:00Z';
const REQUEST = { caller: ANYBODY, ifMatch: undefined };

describe('changing a budget to a setting whose end is past', () => {
  let db: TestDatabase;
  /** Two hours later. */
  let later: Database;
  let projecting: Promise<void>;

  beforeEach(async () => {
    db = await createTestDatabase();
    later = new Database({ ...db.options, clockOffsetMs: 2 * HOUR_MS });
    projecting = Promise.resolve();
  });
  afterEach(async () => {
    await projecting;
    await later.close();
    await db.drop();
  });

  const project = async () => {
    const options = { pollMs: 1, retryMs: 1, maxBatch: 100, onError: () => undefined };
    await new OutboxRelay(db.database, openTestLog(db.database), options).relayOnce();
    await projectLog(db.database);
  };
  const wake = () => {
    projecting = projecting.then(project);
  };
  const admin = (database = db.database, applyWaitMs = 10_000, wakes = wake) => {
    const limits = { applyWaitMs, maxAttempts: 10, maxPerAccount: 100 };
    const claims = new ClaimRestoration(database);
    const rounds = new RecordingRounds({ maxBatch: 100, maxQueue: 1000, recordWaitMs: 30_000 });
    return new BudgetChanger(database, { wake: wakes }, claims, TEST_PARTITIONS, limits, rounds);
  };
  const set = (settings: object, changer = admin()) => changer.set(budgetOf(settings), REQUEST);
  const over = (settings: object = {}) => ({ limit: '99.00', validUntil: PAST, ...settings });
  const isLimited = (limit: string) => ({ budget: { limitPico: BigInt(limit) * 10n ** 12n } });

  it('tells of nothing where nothing is in force', async () => {
    const first = await set(over());
    expect(first).toMatchObject({ created: true, revision: 1, applied: true, status: undefined });
    const partition = partitionOfBudget('b', TEST_PARTITIONS);
    expect(await readBudgetInForce(db.database, 'b', partition)).toBeUndefined();
    await set({ limit: '10.00' });
    await admin().remove('b', REQUEST);
    expect(await set(over())).toMatchObject({ applied: true, status: undefined });
  });

  it('tells of the former one, whatever that is on', async () => {
    await set({ limit: '10.00' });
    const moved = over({ account: 'user:bob' });
    const former = { ...isLimited('10'), account: { kind: 'user', userId: 'alice' } };
    const preview = await admin().preview(budgetOf(moved), REQUEST);
    expect(preview).toMatchObject({ status: former });
    const changed = await set(moved);
    expect(changed).toMatchObject({ created: false, revision: 2, applied: true, status: former });
    await set({ account: 'user:*', limit: '5.00' });
    expect(await set(over())).toMatchObject({ applied: true, status: undefined });
  });

  it('goes by the clock of the ledger', async () => {
    await set({ limit: '10.00' });
    const validUntil = new Date(Date.now() + HOUR_MS).toISOString();
    const ofAnHour = budgetOf(over({ validUntil }));
    expect(await admin().preview(ofAnHour, REQUEST)).toMatchObject({ status: isLimited('99') });
    const preview = await admin(later).preview(ofAnHour, REQUEST);
    expect(preview).toMatchObject({ status: isLimited('10') });
  });

  it('tells the same where it is not seen in force in time', async () => {
    await set({ limit: '10.00' });
    const unheard = admin(db.database, 0, () => undefined);
    const changed = await set(over(), unheard);
    expect(changed).toMatchObject({ applied: false, status: isLimited('10') });
  });
});

function budgetOf(settings: object): Budget {
  const read = parseBudget('b', { account: 'user:alice', window: { type: 'total' }, ...settings });
  if (!read.ok) throw new Error('not a budget');
  return read.value;
}
