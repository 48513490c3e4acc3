import { heldAccountsOf, lockAccounts } from '#libs/holds';
import type { Scope } from '#libs/ledger';
import {
  createTestDatabase,
  LedgerProcess,
  positionOf,
  spendEvent,
  TEST_PARTITIONS,
  untilSessionsWait,
  waitUntil,
  type TestDatabase,
} from '#libs/testing';

const ALICE = { type: 'user', userId: 'alice' } as const satisfies Scope;
const PID = { name: 'pid', text: 'select pg_backend_pid()' };
const HOLD = { scope: ALICE, amount: '8.00', ttlSeconds: 600 };

describe('a process that is stopped with the locks of held money, an auth in a flush', () => {
  let db: TestDatabase;
  const processes: LedgerProcess[] = [];
  let [auth, other]: LedgerProcess[] = [];

  beforeAll(async () => {
    db = await createTestDatabase({ ledger: false });
    const env = { DATABASE_URL: db.url, HOLD_IDLE: 'PT1S', MAX_LAG: 'PT10M' };
    // Were it not for HOLD_IDLE, those that are stopped would keep their locks for longer than another one waits.
    const patient = { ...env, DATABASE_TIMEOUT: 'PT60S' };
    for (const app of ['ingest', 'projector', 'auth'] as const) {
      processes.push(await LedgerProcess.open({ app, env: patient }));
    }
    processes.push(await LedgerProcess.open({ app: 'auth', env }));
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
    for (const { child } of processes) child.kill('SIGCONT');
    for (const each of processes.reverse()) await each.stop();
    await db.drop();
  });

  it('holds up the others for HOLD_IDLE, and has done nothing when it is woken', async () => {
    const { pid, unlock } = await lock();
    const stopped = auth!.http.post('/v1/holds', HOLD);
    await untilSessionsWait(db.database, 1, pid);
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

  it('is no worse than an ingest that is stopped while it settles a hold', async () => {
    const [ingest] = processes;
    const { body } = await other!.http.get('/v1/holds?account=user:alice');
    const [{ holdId }] = body.items;
    const { pid, unlock } = await lock();
    const spend = spendEvent(ALICE, '5.00', {}, { holdId });
    const media = 'application/cloudevents+json';
    const stopped = ingest!.http.post('/v1/events', spend, media);
    await untilSessionsWait(db.database, 1, pid);
    ingest!.child.kill('SIGSTOP');
    await unlock();
    const released = await other!.http.request('POST', `/v1/holds/${holdId}/release`);
    expect([released.status, released.body]).toEqual([200, { released: '8.00' }]);
    ingest!.child.kill('SIGCONT');
    expect((await stopped).status).toBe(503);
    // It was claimed by nobody, so it is recorded now, and settles nothing.
    expect((await ingest!.http.post('/v1/events', spend, media)).status).toBe(201);
    await waitUntil('it is spent', async () => {
      const { body: balance } = await other!.http.balance('user:alice');
      return balance.spentAllTime === '6.00' && balance.held === '0.00';
    });
  });

  /** Locks the held money as a flush does. @returns the session that has the locks, and what lets them go */
  async function lock(): Promise<{ pid: number; unlock: () => Promise<void> }> {
    const [locked, done] = [Promise.withResolvers<number>(), Promise.withResolvers<void>()];
    const all = db.database.atomically(async (client) => {
      const [row] = await client.prepared<readonly [number]>(PID, []);
      await lockAccounts(client, heldAccountsOf(ALICE, TEST_PARTITIONS));
      locked.resolve(row![0]);
      await done.promise;
    });
    const pid = await locked.promise;
    return {
      pid,
      unlock: () => {
        done.resolve();
        return all;
      },
    };
  }
});
