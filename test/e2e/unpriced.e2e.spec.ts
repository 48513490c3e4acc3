import { createTestDatabase, LedgerProcess, type TestDatabase } from '#libs/testing';

const ALICE = { type: 'user', userId: 'alice', keyId: 'k1' };

describe('calls that have no price', () => {
  let db: TestDatabase;
  let ledger: LedgerProcess;

  beforeAll(async () => {
    db = await createTestDatabase();
    ledger = await LedgerProcess.start({ env: { DATABASE_URL: db.url } });
    await ledger.http.setBudget('alice-1', 'user:alice', '1.00');
    expect((await ledger.http.record(ALICE, '0.25')).status).toBe(201);
  });

  afterAll(async () => {
    await ledger.stop();
    await db.drop();
  });

  it('an unknown cost is on record and counted, and adds nothing', async () => {
    const unknown = await ledger.http.record(ALICE, undefined, {}, { basis: 'unknown' });
    expect(unknown).toMatchObject({ status: 201, body: { duplicate: false } });
    for (const account of ['user:alice', 'key:k1']) {
      const { body } = await ledger.http.balance(account, unknown.body.position);
      expect(body).toMatchObject({ spentAllTime: '0.25', unpriced: 1 });
    }
    expect((await ledger.http.check(ALICE)).body).toMatchObject({
      allowed: true,
      budgets: [{ spent: '0.25' }],
    });
  });

  it('an unknown cost is never zero: neither is taken for the other', async () => {
    const event = { id: 'unknown-or-free' };
    expect((await ledger.http.record(ALICE, '0', event)).status).toBe(201);
    const unknown = await ledger.http.record(ALICE, undefined, event, { basis: 'unknown' });
    expect(unknown).toMatchObject({ status: 409, body: { code: 'event_conflict' } });
    const priced = await ledger.http.record(ALICE, '0', {}, { basis: 'unknown' });
    expect(priced).toMatchObject({ status: 400, body: { code: 'invalid' } });
    const unpriced = await ledger.http.record(ALICE, undefined);
    expect(unpriced).toMatchObject({ status: 400, body: { code: 'invalid' } });
  });

  it('a free call is recorded, and never refused by a budget', async () => {
    const free = await ledger.http.record(ALICE, '0');
    expect(free.status).toBe(201);
    const { body } = await ledger.http.balance('user:alice', free.body.position);
    expect(body).toMatchObject({ spentAllTime: '0.25', unpriced: 1 });
    await ledger.http.record(ALICE, '0.75');
    expect((await ledger.http.check(ALICE)).body).toMatchObject({ allowed: false });
    expect((await ledger.http.check(ALICE, { estimate: '0' })).body).toMatchObject({
      allowed: true,
      budgets: [{ verdict: 'exceeded' }],
    });
  });
});
