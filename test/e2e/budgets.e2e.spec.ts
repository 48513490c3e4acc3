import { createTestDatabase, LedgerProcess, waitUntil, type TestDatabase } from '#libs/testing';

const user = (userId: string) => ({ type: 'user', userId });
const JSON_TYPE = { 'content-type': 'application/json' };

describe('budgets, changed at one process and asked about at another', () => {
  let db: TestDatabase;
  let one: LedgerProcess;
  let other: LedgerProcess;

  beforeAll(async () => {
    db = await createTestDatabase();
    // So long that an answer which waits for a change that is none would not come in time.
    const env = { DATABASE_URL: db.url, APPLY_WAIT: 'PT5M' };
    const start = () => LedgerProcess.start({ env });
    [one, other] = await Promise.all([start(), start()]);
  });

  afterAll(async () => {
    for (const ledger of [one, other]) await ledger.stop();
    await db.drop();
  });

  const put = (budgetId: string, body: object, { query = '', ifMatch = '' } = {}) =>
    one.http.request('PUT', `/v1/budgets/${budgetId}${query}`, body, {
      ...JSON_TYPE,
      ...(ifMatch && { 'if-match': ifMatch }),
    });
  const remove = (budgetId: string, ifMatch?: string) =>
    fetch(`${one.httpUrl}/v1/budgets/${budgetId}`, {
      method: 'DELETE',
      headers: ifMatch === undefined ? {} : { 'if-match': ifMatch },
    });
  const settings = (account: string, limit: string | null, more: object = {}) => ({
    account,
    limit,
    window: { type: 'total' },
    ...more,
  });
  const spend = async (userId: string, amount: string) => {
    const { body } = await one.http.record(user(userId), amount);
    expect((await other.http.balance(`user:${userId}`, body.position)).status).toBe(200);
  };
  const checkAtOther = async (scope: object, more: object = {}) =>
    (await other.http.check(scope, more)).body;

  describe('setting one', () => {
    it('fills in defaults, tells the numbers, and is in force for the very next check anywhere', async () => {
      await spend('ann', '3.00');
      const set = await put('ann-5', settings('user:ann', '5'));
      expect(set).toMatchObject({ status: 201, body: { applied: true } });
      expect(set.headers.get('etag')).toBe('"1"');
      expect(set.body.budget).toEqual({
        budgetId: 'ann-5',
        account: 'user:ann',
        limit: '5.00',
        window: { type: 'total' },
        warnAt: [],
        enforce: true,
        outage: 'closed',
      });
      const check = await checkAtOther(user('ann'));
      expect(check.budgets).toEqual([set.body.status]);
      expect(set.body.status).toMatchObject({ spent: '3.00', remaining: '2.00', verdict: 'ok' });
    });

    it('refuses with the next check after it was lowered, and allows after it was raised', async () => {
      const lowered = await put('ann-5', settings('user:ann', '3.00'));
      expect(lowered).toMatchObject({ status: 200, body: { applied: true } });
      expect(lowered.headers.get('etag')).toBe('"2"');
      expect(await checkAtOther(user('ann'))).toMatchObject({
        allowed: false,
        blockedBy: 'ann-5',
        message: 'Budget has been exceeded! User=ann Current cost: 3.00, Max budget: 3.00',
      });
      await put('ann-5', settings('user:ann', '3.01'));
      expect(await checkAtOther(user('ann'))).toMatchObject({ allowed: true, message: '' });
    });

    it('takes limits of nothing, none, and in the shadow at their word', async () => {
      await put('bea-0', settings('user:bea', '0'));
      expect(await checkAtOther(user('bea'))).toMatchObject({ allowed: false, remaining: '0.00' });
      expect(await checkAtOther(user('bea'), { estimate: '0' })).toMatchObject({ allowed: true });
      await put('bea-0', settings('user:bea', '0', { enforce: false }));
      expect(await checkAtOther(user('bea'))).toMatchObject({
        allowed: true,
        remaining: null,
        budgets: [{ enforced: false, verdict: 'exceeded' }],
      });
      await put('bea-0', settings('user:bea', null));
      expect(await checkAtOther(user('bea'))).toMatchObject({
        allowed: true,
        budgets: [{ limit: null, remaining: null, verdict: 'ok' }],
      });
    });

    it('counts from a time on, and for a time', async () => {
      await spend('cai', '7.00');
      const from = { window: { type: 'total', from: '2026-05-01T00:00:00Z' } };
      await put('cai-5', settings('user:cai', '5.00', from));
      expect(await checkAtOther(user('cai'))).toMatchObject({
        allowed: true,
        budgets: [{ spent: '0.00', window: { start: '2026-05-01T00:00:00Z', end: null } }],
      });
      const validUntil = new Date(Date.now() + 2_500).toISOString();
      await put('cai-5', settings('user:cai', '6.00', { validUntil }));
      expect(await checkAtOther(user('cai'))).toMatchObject({ allowed: false, blockedBy: 'cai-5' });
      await waitUntil('the former setting holds again', async () => {
        return (await checkAtOther(user('cai'))).allowed;
      });
    });
  });

  describe('a dry run', () => {
    it('tells what is in force where the setting is over already', async () => {
      const past = '2020-01-01T00:00:00Z';
      const over = settings('user:eve', '99', { validUntil: past });
      for (const query of ['?dryRun=true', '']) {
        const set = await put('eve', over, { query });
        expect(set).toMatchObject({ status: 201, body: { budget: { validUntil: past } } });
        expect(set.body).not.toHaveProperty('status');
      }
      expect((await other.http.get('/v1/budgets/eve')).status).toBe(404);
      await put('eve', settings('user:eve', '5'));
      for (const query of ['?dryRun=true', '']) {
        const again = await put('eve', over, { query });
        expect(again).toMatchObject({ status: 200, body: { status: { limit: '5.00' } } });
      }
      expect((await other.http.get('/v1/budgets/eve')).body).toMatchObject({ limit: '5.00' });
      expect((await checkAtOther(user('eve'))).budgets).toMatchObject([{ limit: '5.00' }]);
    });

    it('answers as the change would, and changes nothing', async () => {
      await spend('dan', '2.00');
      const dry = await put('dan-1', settings('user:dan', '1.00'), { query: '?dryRun=true' });
      expect(dry).toMatchObject({
        status: 201,
        body: { budget: { limit: '1.00' }, status: { spent: '2.00', verdict: 'exceeded' } },
      });
      expect((await other.http.get('/v1/budgets/dan-1')).status).toBe(404);
      expect(await checkAtOther(user('dan'))).toMatchObject({ allowed: true, unbudgeted: true });
      const set = await put('dan-1', settings('user:dan', '1.00'));
      expect(set.body.budget).toEqual(dry.body.budget);
      expect(set.body.status).toEqual(dry.body.status);
      expect(set.headers.get('etag')).toBe('"1"');
    });

    it('is refused as the change would be', async () => {
      const options = { query: '?dryRun=true', ifMatch: '"7"' };
      const dry = await put('dan-1', settings('user:dan', '9.00'), options);
      expect(dry).toMatchObject({ status: 412, body: { code: 'etag_mismatch' } });
    });
  });

  describe('If-Match', () => {
    it('lets one of two administrators through', async () => {
      const { headers } = await put('eve-1', settings('user:eve', '1.00'));
      const ifMatch = headers.get('etag')!;
      const change = (limit: string) => put('eve-1', settings('user:eve', limit), { ifMatch });
      const answers = await Promise.all([change('2.00'), change('3.00')]);
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 412]);
      const winner = answers.find(({ status }) => status === 200)!;
      const read = await other.http.get('/v1/budgets/eve-1');
      expect(read.body).toEqual(winner.body.budget);
      expect(read.headers.get('etag')).toBe(winner.headers.get('etag'));
    });

    it.each([
      ['of a former revision', 'eve-1', '"1"', 412],
      ['of anything, where there is nothing', 'never-set', '*', 412],
      ['of anything, where there is something', 'eve-1', '*', 200],
      ['that is no entity tag', 'eve-1', 'nonsense', 400],
    ])('%s', async (_what, budgetId, ifMatch, status) => {
      const answer = await put(budgetId, settings('user:eve', '4.00'), { ifMatch });
      expect(answer.status).toBe(status);
    });

    it('without it, both are in force, one after the other', async () => {
      const answers = await Promise.all(
        ['5.00', '6.00'].map((limit) => put('eve-1', settings('user:eve', limit))),
      );
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
      const tags = answers.map(({ headers }) => headers.get('etag')).sort();
      expect(new Set(tags).size).toBe(2);
      const read = await other.http.get('/v1/budgets/eve-1');
      expect(read.headers.get('etag')).toBe(tags[1]);
    });
  });

  describe('a default', () => {
    it('covers each account that has no budget of its own, with a balance of its own', async () => {
      const set = await put('every-user', settings('user:*', '1.00'));
      expect(set).toMatchObject({ status: 201, body: { applied: true } });
      expect(set.body).not.toHaveProperty('status');
      await spend('fay', '1.00');
      expect(await checkAtOther(user('fay'))).toMatchObject({
        allowed: false,
        budgets: [{ budgetId: 'every-user', account: 'user:fay', spent: '1.00' }],
      });
      expect(await checkAtOther(user('gil'))).toMatchObject({
        allowed: true,
        budgets: [{ budgetId: 'every-user', account: 'user:gil', spent: '0.00' }],
      });
    });

    it('gives way to any budget of the account, and comes back after it', async () => {
      await put('fay-free', settings('user:fay', null));
      expect(await checkAtOther(user('fay'))).toMatchObject({
        allowed: true,
        budgets: [{ budgetId: 'fay-free' }],
      });
      expect((await remove('fay-free')).status).toBe(200);
      expect(await checkAtOther(user('fay'))).toMatchObject({ blockedBy: 'every-user' });
    });

    it('goes for the members of one team', async () => {
      await put('ml-members', settings('member:ml/*', '0'));
      const member = (teamId: string) => ({ type: 'team', teamId, userId: 'fay' });
      expect(await checkAtOther(member('ml'))).toMatchObject({ blockedBy: 'ml-members' });
      expect(await checkAtOther(member('art'))).toMatchObject({ allowed: true, budgets: [] });
    });
  });

  describe('removing one', () => {
    it('is in force for the very next check, and there is nothing to remove then', async () => {
      await put('hal-0', settings('team:hal', '0'));
      const scope = { type: 'team', teamId: 'hal' };
      expect(await checkAtOther(scope)).toMatchObject({ blockedBy: 'hal-0' });
      expect((await remove('hal-0', '"9"')).status).toBe(412);
      const removed = await remove('hal-0', '"1"');
      expect(removed.status).toBe(200);
      expect(await removed.json()).toEqual({ applied: true, position: expect.any(String) });
      expect(await checkAtOther(scope)).toMatchObject({ allowed: true, unbudgeted: true });
      expect((await remove('hal-0')).status).toBe(404);
      expect((await other.http.get('/v1/budgets/hal-0')).status).toBe(404);
      expect((await put('hal-0', settings('team:hal', '0'))).status).toBe(201);
    });
  });
});
