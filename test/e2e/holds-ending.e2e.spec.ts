import { randomUUID } from 'node:crypto';
import {
  createTestDatabase,
  LedgerProcess,
  waitUntil,
  type Answer,
  type TestDatabase,
} from '#libs/testing';
import { expectProblem } from './support/expect-problem';

const user = () => ({ type: 'user', userId: randomUUID() });
const accountOf = ({ userId }: { userId: string }) => `user:${userId}`;

describe('holds that end', () => {
  let db: TestDatabase;
  let ledger: LedgerProcess;

  beforeAll(async () => {
    db = await createTestDatabase();
    ledger = await LedgerProcess.start({ env: { DATABASE_URL: db.url } });
  });

  afterAll(async () => {
    await ledger.stop();
    await db.drop();
  });

  it('settle once: the same again is the same, anything else is told the state', async () => {
    const { scope, holdId } = await held('4');
    const settled = await ledger.http.settle(holdId, '5.5', { basis: 'estimated' });
    expect(settled.body).toMatchObject({ overrun: '1.50', late: false });
    const again = await ledger.http.settle(holdId, '5.50', { basis: 'estimated' });
    // What it cost may be in the balances by now, and has its place.
    expect([again.status, again.body]).toMatchObject([200, settled.body]);
    for (const answer of [
      await ledger.http.settle(holdId, '5'),
      await ledger.http.settle(holdId, '5.5'),
      await ledger.http.release(holdId),
      await ledger.http.extend(holdId, { ttlSeconds: 60 }),
    ]) {
      expectEnded(answer, 'settl(ing|ed)');
    }
    await spent(scope, '5.50');
    expectEnded(await ledger.http.release(holdId), 'settled');
  });

  it('are released at once, and as often as one likes', async () => {
    const { scope, holdId } = await held('4');
    for (let n = 0; n < 2; n++) {
      const released = await ledger.http.request('POST', `/v1/holds/${holdId}/release`, {});
      expect([released.status, released.body]).toEqual([200, { released: '4.00' }]);
    }
    expect((await ledger.http.balance(accountOf(scope))).body.held).toBe('0.00');
    expectEnded(await ledger.http.settle(holdId, '4'), 'released');
    expectEnded(await ledger.http.extend(holdId, { amount: '1' }), 'released');
  });

  it('expire by themselves, and are settled after that too', async () => {
    const { scope, holdId } = await held('4', { ttlSeconds: 1 });
    await waitUntil('it has expired', async () => {
      return (await ledger.http.get(`/v1/holds/${holdId}`)).body.state === 'expired';
    });
    expect((await ledger.http.balance(accountOf(scope))).body.held).toBe('0.00');
    expect((await ledger.http.release(holdId)).body).toEqual({ released: '0.00' });
    expectEnded(await ledger.http.extend(holdId, { ttlSeconds: 60 }), 'expired');
    const settled = await ledger.http.settle(holdId, '3');
    expect([settled.status, settled.body]).toMatchObject([200, { late: true, overrun: '0.00' }]);
    await spent(scope, '3.00');
  });

  it('are settled by a spend that names them', async () => {
    const { scope, holdId } = await held('4');
    const spend = { id: randomUUID(), source: 'gateway-a' };
    const recorded = await ledger.http.record(scope, '5', spend, { holdId });
    expect(recorded.status).toBe(201);
    const { body } = await ledger.http.balance(accountOf(scope), recorded.body.position);
    expect([body.spentAllTime, body.held]).toEqual(['5.00', '0.00']);
    const settled = await ledger.http.settle(holdId, '5');
    expect([settled.status, settled.body]).toEqual([
      200,
      {
        source: spend.source,
        eventId: spend.id,
        overrun: '1.00',
        late: false,
        position: recorded.body.position,
      },
    ]);
    expectEnded(await ledger.http.settle(holdId, '4'), 'settled');
    expect((await ledger.http.record(scope, '1', {}, { holdId })).status).toBe(201);
    await spent(scope, '6.00');
  });

  it('have a position once what they cost is in the balances, told to who settles again', async () => {
    const { scope, holdId } = await held('4');
    const first = await ledger.http.settle(holdId, '3');
    expect(first.body).not.toHaveProperty('position');
    await spent(scope, '3.00');
    const again = await ledger.http.settle(holdId, '3.00');
    const event = await ledger.http.get(`/v1/event?source=ledger/holds&id=${holdId}`);
    expect(again.body).toEqual({ ...first.body, position: event.body.position });
    const { body } = await ledger.http.balance(accountOf(scope), again.body.position);
    expect(body.spentAllTime).toBe('3.00');
  });

  it('are counted while they are settled, neither twice nor not at all', async () => {
    const scope = user();
    const total = 40;
    const holds = await Promise.all(
      Array.from({ length: total }, () => ledger.http.hold(scope, '1')),
    );
    const settles = holds.map(({ body }) => ledger.http.settle(body.holdId, '1'));
    let settling = true;
    const done = Promise.all(settles).finally(() => (settling = false));
    do {
      const { body } = await ledger.http.balance(accountOf(scope));
      expect(Number(body.spentAllTime) + Number(body.held)).toBe(total);
    } while (settling);
    expect((await done).map(({ status }) => status)).toEqual(settles.map(() => 200));
    await spent(scope, '40.00');
  });

  it('of unknown cost are settled as such', async () => {
    const { scope, holdId } = await held('4');
    expect((await ledger.http.settle(holdId, undefined, { basis: 'unknown' })).status).toBe(200);
    await spent(scope, '0.00');
    await waitUntil('it is on record', async () => {
      return (await ledger.http.balance(accountOf(scope))).body.unpriced === 1;
    });
  });

  it('are counted in the metrics', async () => {
    const metrics = async () => (await fetch(`${ledger.httpUrl}/metrics`)).text();
    await held('4');
    const text = await metrics();
    expect(text).toMatch(/^auth_holds_total\{operation="hold",outcome="taken"\} [1-9]/m);
    expect(text).toMatch(/^auth_holds_total\{operation="settle",outcome="repeated"\} [1-9]/m);
    expect(text).toMatch(/^auth_hold_overruns_total 1$/m);
    expect(text).toMatch(/^auth_hold_late_settles_total 1$/m);
    expect(text).toMatch(/^auth_holds_queued 0$/m);
    expect(text).toMatch(/^auth_holds_active [1-9]/m);
    expect(text).toMatch(/^auth_held_amount\{currency="USD"\} [1-9]/m);
    expect(text).toMatch(/^auth_oldest_hold_seconds \d/m);
    expect(text).toMatch(/^ingest_spends_naming_holds_total\{outcome="settled"\} 1$/m);
    expect(text).toMatch(/^ingest_spends_naming_holds_total\{outcome="ended"\} 1$/m);
    expect(text).toMatch(/^ingest_hold_overruns_total 1$/m);
  });

  async function held(amount: string, more: object = {}) {
    const scope = user();
    const { body } = await ledger.http.hold(scope, amount, more);
    return { scope, holdId: body.holdId as string };
  }

  async function spent(scope: { userId: string }, amount: string): Promise<void> {
    await waitUntil('it is spent', async () => {
      const { body } = await ledger.http.balance(accountOf(scope));
      return body.spentAllTime === amount && body.held === '0.00';
    });
  }
});

function expectEnded(answer: Answer, state: string): void {
  expectProblem(answer, 409, 'hold_ended', []);
  expect(answer.body.state).toMatch(new RegExp(`^${state}$`));
  expect(answer.body.detail).toMatch(/ake a new hold/);
}
