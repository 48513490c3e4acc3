import { heldAccountsOf, lockAccounts } from '#libs/holds';
import type { Scope } from '#libs/ledger';
import {
  createTestDatabase,
  LedgerProcess,
  positionOf,
  TEST_PARTITIONS,
  untilSessionsWait,
  type TestDatabase,
} from '#libs/testing';

jest.setTimeout(120_000);

const ALICE = { type: 'user', userId: 'alice' } as const satisfies Scope;
const HOLD = { scope: ALICE, amount: '8.00', ttlSeconds: 600 };

describe('an auth that is stopped inside of a flush', () => {
  let db: TestDatabase;
  const processes: LedgerProcess[] = [];
  let [auth, other]: LedgerProcess[] = [];

  beforeAll(async () => {
    db = await createTestDatabase({ ledger: false });
    const env = { DATABASE_URL: db.url, HOLD_IDLE: 'PT1S', MAX_LAG: 'PT10M' };
    const apps = ['ingest', 'projector', 'auth', 'auth'] as const;
    for (const app of apps) processes.push(await LedgerProcess.open({ app, env }));
    await Promise.all(processes.map((each) => each.ready()));
    [, , auth, other] = processes;
    const ingest = processes[0]!.http;
    expect((await ingest.setBudget('alice', 'user:alice', '10.00')).body.applied).toBe(true);
    const minPosition = positionOf([await ingest.record(ALICE, '1.00')]);
    for (const { http } of [auth!, other!]) {
      expect(await http.check(ALICE, { minPosition })).toMatchObject({ status: 200 });
    }
  });

  afterAll(async () => {
    auth?.child.kill('SIGCONT');
    for (const each of processes.reverse()) await each.stop();
    await db.drop();
  });

  it('holds up the others for HOLD_IDLE, and has done nothing when it is woken', async () => {
    const unlock = await lock();
    const stopped = auth!.http.post('/v1/holds', HOLD);
    await untilSessionsWait(db.database, 1);
    auth!.child.kill('SIGSTOP');
    // Its transaction has the locks now, and nobody goes on with it.
    await unlock();
    const taken = await other!.http.post('/v1/holds', HOLD);
    expect([taken.status, taken.body.decision.budgets[0].held]).toEqual([201, '0.00']);
    auth!.child.kill('SIGCONT');
    expect((await stopped).status).toBe(503);
    const { body } = await other!.http.get('/v1/holds?account=user:alice');
    expect(body.items.map(({ holdId }: { holdId: string }) => holdId)).toEqual([taken.body.holdId]);
    for (const { http } of [auth!, other!]) {
      expect((await http.balance('user:alice')).body).toMatchObject({ held: '8.00' });
      expect(await http.post('/v1/holds', HOLD)).toMatchObject({ status: 429 });
    }
  });

  /** Locks the held money as a flush does. @returns what lets it go */
  async function lock(): Promise<() => Promise<void>> {
    const [locked, done] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const all = db.database.atomically(async (client) => {
      await lockAccounts(client, heldAccountsOf(ALICE, TEST_PARTITIONS));
      locked.resolve();
      await done.promise;
    });
    await locked.promise;
    return () => {
      done.resolve();
      return all;
    };
  }
});
