import { status } from '@grpc/grpc-js';
import { sql } from 'kysely';
import {
  createTestDatabase,
  LedgerProcess,
  untilSessionsWait,
  waitUntil,
  type Answer,
} from '#libs/testing';
import { callGrpc } from '../e2e/support/grpc-outcome';
import { expectProblem } from '../e2e/support/expect-problem';
import { OutageLedger, user } from './support/outage-ledger';

const SCOPE = user('held');

describe('holds that cannot be taken now', () => {
  let ledger: OutageLedger;
  let holdId: string;

  beforeAll(async () => {
    ledger = await OutageLedger.start({ MAX_LAG: 'PT2S' });
    await ledger.budget('held', '10.00', '3.00', { outage: 'open' });
    const taken = await ledger.auth.http.hold(SCOPE, '1', { ttlSeconds: 3600 });
    expect(taken.status).toBe(201);
    holdId = taken.body.holdId;
  });

  afterAll(() => ledger.remove());

  it('are not taken while the ledger is behind, whatever the outage of a budget', async () => {
    await ledger.projector.stop('SIGKILL');
    await waitUntil('it is behind', async () => (await ledger.check('held')).degraded);
    expectLater(await ledger.auth.http.hold(SCOPE, '1'), 'unavailable');
    expectLater(await ledger.auth.http.extend(holdId, { amount: '2' }), 'unavailable');
    const grpc = ledger.auth.grpc();
    const request = { scope: { user: { user_id: 'held' } }, amount: '1', ttl_seconds: 60 };
    expect(await callGrpc(grpc, 'BudgetService', 'Hold', request)).toMatchObject({
      code: status.UNAVAILABLE,
      reason: 'unavailable',
    });
    grpc.close();
  });

  it('are settled all the same, and what they cost counts as held', async () => {
    expect((await ledger.auth.http.settle(holdId, '4')).status).toBe(200);
    expect(await ledger.check('held')).toMatchObject({
      degraded: true,
      budgets: [{ spent: '3.00', held: '4.00' }],
    });
  });

  it('are refused while Postgres is gone, and the metrics do without them', async () => {
    expect(await ledger.metric('auth_holds_active')).toBe(0);
    await ledger.postgres.stop();
    expectLater(await ledger.auth.http.hold(SCOPE, '1'), 'unavailable');
    expectLater(await ledger.auth.http.release(holdId), 'unavailable');
    expectLater(await ledger.auth.http.get(`/v1/holds/${holdId}`), 'unavailable');
    expect(await ledger.metric('auth_holds_active')).toBeNaN();
    expect(await ledger.metric('auth_holds_expired_total')).toBe(0);
  });
});

describe('more holds than may wait', () => {
  it('are refused at once, and keep no check waiting', async () => {
    const db = await createTestDatabase();
    const env = { DATABASE_URL: db.url, HOLD_BATCH: '1', HOLD_QUEUE: '1' };
    const ledger = await LedgerProcess.start({ env });
    await ledger.http.hold(SCOPE, '1');
    const answers = await db.database.kysely.transaction().execute(async (trx) => {
      await sql`select from held_account for update`.execute(trx);
      const first = ledger.http.hold(SCOPE, '1');
      await untilSessionsWait(db.database, 1);
      const second = ledger.http.hold(SCOPE, '1');
      await waitUntil('one waits', async () => {
        const text = await (await fetch(`${ledger.httpUrl}/metrics`)).text();
        return /^auth_holds_queued 1$/m.test(text);
      });
      expectLater(await ledger.http.hold(SCOPE, '1'), 'overloaded');
      expect((await ledger.http.check(SCOPE)).status).toBe(200);
      return [first, second];
    });
    expect((await Promise.all(answers)).map((answer) => answer.status)).toEqual([201, 201]);
    await ledger.stop();
    await db.drop();
  });
});

function expectLater(answer: Answer, code: string): void {
  expectProblem(answer, 503, code, []);
  expect(answer.headers.get('retry-after')).toBe('1');
}
