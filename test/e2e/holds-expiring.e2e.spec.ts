import { randomUUID } from 'node:crypto';
import {
  createTestDatabase,
  LedgerProcess,
  logEnvironment,
  waitUntil,
  type Answer,
  type TestDatabase,
} from '#libs/testing';

describe.each(['Postgres', 'Kafka'] as const)('holds that expire, over a log in %s', (kind) => {
  const log = logEnvironment(kind);
  let db: TestDatabase;
  let ingest: LedgerProcess;
  let projector: LedgerProcess;
  let auths: LedgerProcess[];

  const env = () => ({ ...log.env, DATABASE_URL: db.url, MAX_LAG: 'PT10M' });
  const startAuth = () => LedgerProcess.openReady({ app: 'auth', env: env() });

  beforeAll(async () => {
    db = await createTestDatabase({ ledger: false });
    ingest = await LedgerProcess.open({ app: 'ingest', env: env() });
    projector = await LedgerProcess.openReady({ app: 'projector', env: env() });
    await ingest.ready();
    auths = [await startAuth(), await startAuth()];
  });
  afterAll(async () => {
    for (const each of [...auths, projector, ingest]) await each.stop('SIGKILL');
    await log.remove();
    await db.drop();
  });

  it('are charged once by two auths, and held or spent whenever one looks', async () => {
    const [one, other] = auths as [LedgerProcess, LedgerProcess];
    const scope = user();
    const taken = await held(one, scope, 'charge');
    let state: string;
    do {
      const { body } = await balanceOf(other, scope);
      expect(Number(body.spentAllTime) + Number(body.held)).toBe(4);
      ({ state } = (await one.http.get(`/v1/holds/${taken.holdId}`)).body);
    } while (state !== 'settled');
    expect(await one.http.get(`/v1/holds/${taken.holdId}`)).toMatchObject({
      body: {
        onExpiry: 'charge',
        settledBy: { source: 'ledger/holds', eventId: taken.holdId, amount: '4.00', late: true },
      },
    });
    expect((await eventOf(one, taken.holdId)).body).toMatchObject({
      time: taken.expiresAt,
      data: { amount: '4.00', basis: 'estimated', holdId: taken.holdId },
    });
    const { body } = await other.http.get(`/v1/holds?account=user:${scope.userId}&state=settled`);
    expect(body.items).toMatchObject([{ holdId: taken.holdId, onExpiry: 'charge' }]);
    for (const ended of [
      await one.http.release(taken.holdId),
      await one.http.extend(taken.holdId, { ttlSeconds: 60 }),
    ]) {
      expect([ended.status, ended.body.code]).toEqual([409, 'hold_ended']);
    }
  });

  it('are corrected by their callers, who are told where once it counts', async () => {
    const [one, other] = auths as [LedgerProcess, LedgerProcess];
    const scope = user();
    const { holdId } = await held(one, scope, 'charge');
    await settledBy(one, holdId);
    const settled = await one.http.settle(holdId, '1.5', { model: 'gpt-5' });
    expect([settled.status, settled.body]).toMatchObject([
      200,
      { source: 'ledger/holds', eventId: holdId, overrun: '0.00', late: true },
    ]);
    await spent(one, scope, '1.50');
    const again = await other.http.settle(holdId, '1.50', { model: 'gpt-5' });
    expect([again.status, again.body]).toEqual([
      200,
      { ...settled.body, position: expect.any(String) },
    ]);
    const { body } = await other.http.balance(`user:${scope.userId}`, again.body.position);
    expect(body.spentAllTime).toBe('1.50');
    expect((await one.http.settle(holdId, '2')).status).toBe(409);
  });

  it('of unknown cost count as such, until a spend that names them says it', async () => {
    const [one] = auths as [LedgerProcess];
    const scope = user();
    const { holdId } = await held(one, scope, 'unknown');
    await settledBy(one, holdId);
    await waitUntil('it is unpriced', async () => {
      const { body } = await balanceOf(one, scope);
      return body.unpriced === 1 && body.held === '0.00' && body.spentAllTime === '0.00';
    });
    expect((await ingest.http.record(scope, '3', {}, { holdId })).status).toBe(201);
    await spent(one, scope, '3.00');
    await waitUntil('nothing is unpriced', async () => {
      return (await balanceOf(one, scope)).body.unpriced === 0;
    });
  });

  it('are taken and settled over gRPC', async () => {
    const [one] = auths as [LedgerProcess];
    const grpc = one.grpc();
    try {
      const { userId } = user();
      const asked = { scope: { user: { user_id: userId } }, amount: '4', ttl_seconds: 1 };
      const charged = { ...asked, on_expiry: 'ON_EXPIRY_CHARGE' };
      const { hold_id } = await grpc.call('BudgetService', 'Hold', charged);
      await settledBy(one, hold_id);
      const settled = await grpc.call('BudgetService', 'Settle', { hold_id, amount: '1' });
      expect(settled).toMatchObject({ event_id: hold_id, late: true });
      await spent(one, { type: 'user', userId }, '1.00');
    } finally {
      grpc.close();
    }
  });

  it('are charged when all auths were killed before, by the next one that starts', async () => {
    const scope = user();
    const { holdId } = await held(auths[0]!, scope, 'charge', 3);
    for (const each of auths) await each.stop('SIGKILL');
    auths = [await startAuth()];
    await settledBy(auths[0]!, holdId);
    await spent(auths[0]!, scope, '4.00');
    const metrics = await fetch(`${auths[0]!.httpUrl}/metrics`);
    expect(await metrics.text()).toMatch(
      /auth_hold_expiry_events_total\{[^}]*kind="charge"[^}]*\} [1-9]/,
    );
  });

  async function held(
    auth: LedgerProcess,
    scope: object,
    onExpiry: string,
    ttlSeconds = 1,
  ): Promise<{ holdId: string; expiresAt: string }> {
    const taken = await auth.http.hold(scope, '4', { ttlSeconds, onExpiry });
    expect(taken.status).toBe(201);
    return taken.body;
  }

  async function settledBy(auth: LedgerProcess, holdId: string): Promise<void> {
    const isSettled = async () => {
      return (await auth.http.get(`/v1/holds/${holdId}`)).body.settledBy !== null;
    };
    await waitUntil('its expiry is on record', isSettled);
  }

  async function spent(auth: LedgerProcess, scope: User, amount: string): Promise<void> {
    const isSpent = async () => {
      const { body } = await balanceOf(auth, scope);
      return body.spentAllTime === amount && body.held === '0.00';
    };
    await waitUntil(`${amount} is spent`, isSpent);
  }

  function balanceOf(auth: LedgerProcess, { userId }: User): Promise<Answer> {
    return auth.http.balance(`user:${userId}`);
  }

  function eventOf(auth: LedgerProcess, holdId: string): Promise<Answer> {
    return auth.http.get(`/v1/event?source=ledger/holds&id=${holdId}`);
  }
});

interface User {
  readonly type: 'user';
  readonly userId: string;
}

function user(): User {
  return { type: 'user', userId: randomUUID() };
}
