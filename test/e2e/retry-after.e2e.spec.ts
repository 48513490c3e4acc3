import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createTestDatabase, LedgerProcess, type Answer, type TestDatabase } from '#libs/testing';

const YEAR = { window: { type: 'calendar', unit: 'year', zone: 'UTC' } };

describe('when a refused caller may come again', () => {
  let db: TestDatabase;
  let ledger: LedgerProcess;

  beforeAll(async () => {
    db = await createTestDatabase();
    const env = { DATABASE_URL: db.url, APPLY_WAIT: 'PT30S' };
    ledger = await LedgerProcess.start({ env });
  });

  afterAll(async () => {
    await ledger.stop();
    await db.drop();
  });

  const newUser = () => ({ type: 'user', userId: randomUUID(), keyId: randomUUID() });
  type User = ReturnType<typeof newUser>;
  const budget = (of: User, limit: string, more: object = YEAR, account = `user:${of.userId}`) =>
    ledger.http.setBudget(randomUUID(), account, limit, more);
  /** @returns when it expires */
  const held = async (of: User, amount: string, ttlSeconds: number): Promise<string> => {
    const { status, body } = await ledger.http.hold(of, amount, { ttlSeconds });
    expect(status).toBe(201);
    return body.expiresAt;
  };
  const spent = async (of: User, amount: string) => {
    const time = new Date().toISOString();
    const { body } = await ledger.http.record(of, amount, { time });
    await ledger.http.check(of, { minPosition: body.position });
  };
  /** Both doors that answer 429. */
  const refusals = async (of: User, estimate: string): Promise<Answer[]> => [
    await ledger.http.post('/v1/authorize', { scope: of, estimate }),
    await ledger.http.hold(of, estimate),
  ];
  const secondsTo = ({ body }: Answer, instant: string) =>
    String(Math.ceil((Date.parse(instant) - Date.parse(body.decision.decidedAt)) / 1000));

  async function expectTold(of: User, estimate: string, at: string | null, isVain: boolean) {
    for (const refused of await refusals(of, estimate)) {
      expect(refused).toMatchObject({ status: 429, body: { code: 'budget_exceeded' } });
      const { headers } = refused;
      expect(headers.get('retry-after')).toBe(at === null ? null : secondsTo(refused, at));
      expect(headers.get('x-should-retry')).toBe(isVain ? 'false' : null);
    }
  }

  it('is when the hold that blocks expires, and then he gets it', async () => {
    const alice = newUser();
    await budget(alice, '10');
    const expiresAt = await held(alice, '10', 3);
    await expectTold(alice, '1', expiresAt, false);
    const [refused] = await refusals(alice, '1');
    await sleep(Number(refused!.headers.get('retry-after')) * 1000);
    expect(await ledger.http.post('/v1/authorize', { scope: alice, estimate: '1' })).toMatchObject({
      status: 200,
    });
  });

  it('is when so many holds have expired that there is enough', async () => {
    const alice = newUser();
    await budget(alice, '10');
    await held(alice, '2', 20);
    const second = await held(alice, '3', 30);
    await held(alice, '5', 40);
    await expectTold(alice, '4', second, false);
  });

  it('is the end of the window where too much is spent, told as not worth waiting for', async () => {
    const alice = newUser();
    await budget(alice, '10');
    await spent(alice, '8');
    await held(alice, '2', 30);
    const [{ body }] = (await refusals(alice, '3')) as [Answer];
    await expectTold(alice, '3', body.decision.resetsAt, true);
  });

  it('is in vain to wait for more than a minute, by an expiry as well', async () => {
    const alice = newUser();
    await budget(alice, '10');
    const expiresAt = await held(alice, '10', 300);
    await expectTold(alice, '1', expiresAt, true);
  });

  it('is the last of all budgets that refuse him', async () => {
    const alice = newUser();
    // With her key alone somebody holds what is free sooner; she herself holds until later.
    const sooner = await held(alice, '3', 40);
    const byKey = { type: 'key', keyId: alice.keyId };
    const later = await held(byKey as unknown as User, '4', 50);
    await budget(alice, '5');
    await expectTold(alice, '4', sooner, false);
    await budget(alice, '7', YEAR, `key:${alice.keyId}`);
    await expectTold(alice, '4', later, false);
  });

  it('is never where no time helps', async () => {
    const above = newUser();
    await budget(above, '10');
    await expectTold(above, '11', null, true);
    const total = newUser();
    await budget(total, '10', {});
    await spent(total, '8');
    await held(total, '2', 30);
    await expectTold(total, '3', null, true);
  });

  it('is of a hold that is to become larger while it lives', async () => {
    const alice = newUser();
    await budget(alice, '10');
    const other = await held(alice, '6', 30);
    const { body } = await ledger.http.hold(alice, '4', { ttlSeconds: 50 });
    const larger = await ledger.http.extend(body.holdId, { amount: '6' });
    expect(larger.headers.get('retry-after')).toBe(secondsTo(larger, other));
    // By then it has ended itself.
    const tooLarge = await ledger.http.extend(body.holdId, { amount: '12' });
    expect(tooLarge.status).toBe(429);
    expect(tooLarge.headers.get('retry-after')).toBeNull();
    expect(tooLarge.headers.get('x-should-retry')).toBe('false');
  });
});
