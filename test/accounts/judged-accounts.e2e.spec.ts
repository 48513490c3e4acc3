import {
  createTestDatabase,
  LedgerProcess,
  waitUntil,
  type Answer,
  type HttpLedger,
  type TestDatabase,
} from '#libs/testing';
import { keepToken } from '../access/support/credentials';
import { expectProblem } from '../e2e/support/expect-problem';

const user = (userId: string) => ({ type: 'user', userId });
const key = (keyId: string) => ({ type: 'key', keyId });
const team = (teamId: string, userId?: string) => ({ type: 'team', teamId, userId });

/** Each test has accounts of its own: the ledger as a whole has a suite of its own. */
describe('checks by the budgets of persons and labels', () => {
  let db: TestDatabase;
  let ledger: LedgerProcess;
  let http: HttpLedger;

  beforeAll(async () => {
    db = await createTestDatabase();
    ledger = await LedgerProcess.start({ env: { DATABASE_URL: db.url, INSECURE_NO_AUTH: '' } });
    http = ledger.http.as(
      await keepToken(db.database, 'anybody', ['record', 'check', 'admin', 'audit'], {}),
    );
  });
  afterAll(async () => {
    await ledger.stop();
    await db.drop();
  });

  async function spend(scope: object, amount: string, data: object = {}): Promise<string> {
    const { status, body } = await http.record(scope, amount, {}, data);
    expect([status, body]).toEqual([201, expect.anything()]);
    return body.position as string;
  }
  const spent = async (account: string, minPosition: string) =>
    (await http.balance(account, minPosition)).body.spentAllTime;
  async function budget(id: string, account: string, limit: string | null, more: object = {}) {
    const { status, body } = await http.setBudget(id, account, limit, more);
    expect([status, body]).toEqual([201, expect.objectContaining({ applied: true })]);
  }
  const remove = (id: string) => http.request('DELETE', `/v1/budgets/${id}`);
  const listed = ({ body }: Answer) =>
    body.budgets.map((each: { account: string }) => each.account).sort();

  it('keep what a person spends in teams out of her own budget, and in that of the person (#26239)', async () => {
    await spend(team('ml', 'alice'), '400');
    const at = await spend(user('alice'), '11');
    expect(
      await Promise.all(
        ['user:alice', 'member:ml/alice', 'person:alice'].map((account) => spent(account, at)),
      ),
    ).toEqual(['11.00', '400.00', '411.00']);
    await budget('alice-own', 'user:alice', '200');
    expect((await http.check(user('alice'), { minPosition: at })).body).toMatchObject({
      allowed: true,
      budgets: [{ account: 'user:alice', spent: '11.00', limit: '200.00' }],
    });

    await budget('alice-all', 'person:alice', '400');
    const { body } = await http.check(user('alice'), { minPosition: at });
    expect(body).toMatchObject({
      allowed: false,
      blockedBy: 'alice-all',
      message: 'Budget has been exceeded! Person=alice Current cost: 411.00, Max budget: 400.00',
      budgets: [
        { account: 'user:alice', spent: '11.00', verdict: 'ok' },
        { account: 'person:alice', spent: '411.00', verdict: 'exceeded' },
      ],
    });
    await remove('alice-all');
    expect((await http.check(user('alice'))).body.allowed).toBe(true);
  });

  it('list the default for persons where a call names one', async () => {
    await budget('users', 'user:*', '5');
    await budget('persons', 'person:*', '500');
    expect(listed(await http.check(team('ml', 'erin')))).toEqual(['person:erin']);
    expect(listed(await http.check(user('erin')))).toEqual(['person:erin', 'user:erin']);
    expect(listed(await http.check(key('k-1')))).toEqual([]);
    await remove('users');
    await remove('persons');
  });

  it('count a person over twenty teams, and nobody else’s spend', async () => {
    let at = await spend(user('frank'), '1');
    for (let n = 0; n < 20; n += 1) {
      at = await spend(team(`team-${n}`, 'frank'), '1');
      at = await spend(team(`team-${n}`, 'grace'), '5');
    }
    await budget('frank-all', 'person:frank', '21');
    const { body } = await http.check(team('elsewhere', 'frank'), { minPosition: at });
    expect(body).toMatchObject({ allowed: false, budgets: [{ spent: '21.00' }] });
    expect(await spent('person:nobody-yet', at)).toBe('0.00');
  });

  it('judge a call by the label that it says', async () => {
    await spend(team('ml'), '3', { labels: { org: 'acme', project: 'search' } });
    const at = await spend(user('bob'), '4', { labels: { org: 'acme' } });
    expect(await spent('label:org/acme', at)).toBe('7.00');
    expect(await spent('label:project/search', at)).toBe('3.00');
    await budget('acme', 'label:org/acme', '7');
    const asked = (labels?: object) => http.check(key('x'), { labels, minPosition: at });
    expect((await asked({ org: 'acme' })).body).toMatchObject({
      allowed: false,
      labels: { org: 'acme' },
      message: 'Budget has been exceeded! Label=org/acme Current cost: 7.00, Max budget: 7.00',
    });
    expect((await asked()).body).not.toHaveProperty('labels');
    expect((await asked()).body.allowed).toBe(true);
    expect((await asked({ org: 'beta' })).body.allowed).toBe(true);
    const refused = (await asked({ org: 'acme' })).body;
    expect((await http.get(`/v1/decisions/${refused.decisionId}`)).body).toMatchObject({
      labels: { org: 'acme' },
      budgets: [{ account: 'label:org/acme' }],
    });
  });

  it('give each value of a label the default, unless it has a budget of its own', async () => {
    await budget('each', 'label:customer/*', '10');
    await budget('c1', 'label:customer/c1', '50');
    await spend(team('ml'), '20', { labels: { customer: 'c1' } });
    const minPosition = await spend(team('ml'), '12', { labels: { customer: 'c2' } });
    const of = async (customer: string) =>
      (await http.check(team('ml'), { labels: { customer }, minPosition })).body;
    expect(await of('c1')).toMatchObject({ allowed: true, budgets: [{ limit: '50.00' }] });
    expect(await of('c2')).toMatchObject({ allowed: false, blockedBy: 'each' });
    expect(await of('c3')).toMatchObject({ allowed: true, remaining: '10.00' });
    await http.setBudget('c1', 'label:customer/c1', null);
    expect(await of('c1')).toMatchObject({ allowed: true, remaining: null });
  });

  it('escape the value of a label as ids are escaped', async () => {
    const value = 'a/b c%';
    const name = 'label:folder/a%2Fb c%25';
    const at = await spend(team('ml'), '2', { labels: { folder: value } });
    expect(await spent(name, at)).toBe('2.00');
    await budget('folder', name, '2');
    expect((await http.check(team('ml'), { labels: { folder: value } })).body).toMatchObject({
      allowed: false,
      budgets: [{ account: name }],
    });
  });

  describe('where a label is required', () => {
    beforeAll(() => budget('say-it', 'label:tenant/*', null, { require: true }));
    afterAll(() => remove('say-it'));

    it('refuse a check and a hold without it, and say so', async () => {
      const { body } = await http.check(team('ml'));
      expect(body).toMatchObject({
        allowed: false,
        blockedBy: 'say-it',
        resetsAt: null,
        message: 'This call must say its label tenant',
      });
      expect(body.budgets).toContainEqual(
        expect.objectContaining({
          account: 'label:tenant/*',
          verdict: 'missing',
          spent: '0.00',
          held: '0.00',
        }),
      );
      const held = await http.hold(team('ml'), '1');
      expect(held.status).toBe(429);
      expect(held.headers.get('retry-after')).toBeNull();
    });

    it('let pass what says it, and what is free', async () => {
      expect((await http.check(team('ml'), { labels: { tenant: 't1' } })).body.allowed).toBe(true);
      expect((await http.check(team('ml'), { estimate: '0' })).body.allowed).toBe(true);
    });

    it('record a spend without it', async () => {
      const at = await spend(team('no-tenant'), '5');
      expect(await spent('team:no-tenant', at)).toBe('5.00');
    });

    it('only report where it is not enforced', async () => {
      const { body } = await http.setBudget('say-it', 'label:tenant/*', null, {
        require: true,
        enforce: false,
      });
      expect(body).toMatchObject({ budget: { require: true, enforce: false } });
      expect((await http.check(team('ml'))).body).toMatchObject({
        allowed: true,
        budgets: [{ account: 'label:tenant/*', verdict: 'missing', enforced: false }],
      });
    });
  });

  describe('hold money', () => {
    const held = async (account: string) => (await http.balance(account)).body.held;

    it('on the labels of a call, and settle it there', async () => {
      const labels = { job: 'a' };
      const { status, body } = await http.hold(team('holding'), '5', { labels });
      expect([status, body.decision.labels]).toEqual([201, labels]);
      expect(await held('label:job/a')).toBe('5.00');
      await budget('job-a', 'label:job/a', '6');
      expect((await http.hold(team('other'), '2', { labels })).status).toBe(429);
      expect((await http.hold(team('other'), '1', { labels })).status).toBe(201);
      const settled = await http.settle(body.holdId, '4');
      expect(settled.status).toBe(200);
      const { source, eventId } = settled.body;
      await waitUntil('the settle is projected', async () => {
        return (await http.balance('label:job/a')).body.spentAllTime === '4.00';
      });
      expect(await held('label:job/a')).toBe('1.00');
      const event = await http.get(`/v1/event?source=${source}&id=${eventId}`);
      expect(event.body.data.labels).toEqual(labels);
    });

    it('that a spend settles with labels of its own, and not with others', async () => {
      const { body } = await http.hold(team('holding'), '5', { labels: { job: 'b' } });
      const naming = { holdId: body.holdId };
      const other = await spend(team('holding'), '3', { ...naming, labels: { job: 'c' } });
      expect(await spent('label:job/c', other)).toBe('3.00');
      expect(await held('label:job/b')).toBe('5.00');
      const at = await spend(team('holding'), '4', { ...naming, labels: { session: 's' } });
      expect(await spent('label:job/b', at)).toBe('4.00');
      expect(await spent('label:session/s', at)).toBe('4.00');
      expect([await held('label:job/b'), await held('label:session/s')]).toEqual(['0.00', '0.00']);
    });

    it('of a person over her teams, also from before her budget', async () => {
      await http.hold(team('one', 'heidi'), '3');
      await http.hold(team('two', 'heidi'), '3');
      await budget('heidi-all', 'person:heidi', '10');
      const { body } = await http.check(user('heidi'));
      expect(body.budgets).toMatchObject([{ account: 'person:heidi', held: '6.00' }]);
      expect((await http.hold(user('heidi'), '5')).status).toBe(429);
      expect((await http.hold(user('heidi'), '4')).status).toBe(201);
    });
  });

  it.each([
    ['label:org/acme', 'require'],
    ['team:*', 'require'],
    ['ledger', 'require'],
  ])('refuse to require %s', async (account, field) => {
    const answer = await http.setBudget('never', account, null, { require: true });
    expectProblem(answer, 400, 'invalid', [[field, 'account']]);
  });

  it.each(['ledger:*', 'ledger:', 'Ledger', 'label:org', 'label:/*', 'label:Org/*', 'label:*/x'])(
    'refuse a budget on %s',
    async (account) => {
      const answer = await http.setBudget('never', account, '1');
      expectProblem(answer, 400, 'invalid', [['account', 'account']]);
    },
  );

  describe('of a caller that is bound', () => {
    const as = async (name: string, ...accounts: string[]) =>
      ledger.http.as(
        await keepToken(db.database, name, ['record', 'check', 'audit'], { accounts }),
      );

    it('to one value of a label: it is filled in', async () => {
      const caller = await as('of-acme', 'team:bound', 'label:brand/acme');
      expect((await caller.check(team('bound'))).body.labels).toEqual({ brand: 'acme' });
      const said = { labels: { brand: 'acme' } };
      expect((await caller.check(team('bound'), said)).body.labels).toEqual({ brand: 'acme' });
      for (const labels of [{ brand: 'beta' }, { project: 'x' }]) {
        expectProblem(await caller.check(team('bound'), { labels }), 403, 'forbidden', []);
      }
      expectProblem(await caller.balance('label:brand/beta'), 403, 'forbidden', []);
      expect((await caller.balance('label:brand/acme')).status).toBe(200);
    });

    it('to one value of a label: what it records has it, whoever sends it again', async () => {
      const acme = await as('records-acme', 'team:bound', 'label:shop/acme');
      const beta = await as('records-beta', 'team:bound', 'label:shop/beta');
      const event = { source: 'till', id: 'sale-1' };
      const first = await acme.record(team('bound'), '2', event);
      expect(first.status).toBe(201);
      expect(await spent('label:shop/acme', first.body.position)).toBe('2.00');
      const again = await beta.record(team('bound'), '2', event);
      expect(again).toMatchObject({ status: 200, body: { duplicate: true } });
      expect(await spent('label:shop/beta', first.body.position)).toBe('0.00');
      const { body } = await http.get('/v1/event?source=till&id=sale-1');
      expect(body.ledgerlabels).toBe('{"shop":"acme"}');
      expect(body.data).not.toHaveProperty('labels');
      const refused = await acme.record(team('bound'), '2', {}, { labels: { shop: 'beta' } });
      expectProblem(refused, 403, 'forbidden', []);
    });

    it('to two values of a label: the call says one of them', async () => {
      const caller = await as('of-both', 'team:bound', 'label:brand/acme', 'label:brand/beta');
      expectProblem(await caller.check(team('bound')), 403, 'forbidden', []);
      const asked = await caller.check(team('bound'), { labels: { brand: 'beta' } });
      expect(asked.body.labels).toEqual({ brand: 'beta' });
    });

    it('to a label as such: the call may say any value, or none', async () => {
      const caller = await as('of-any', 'team:bound', 'label:brand/*');
      expect((await caller.check(team('bound'))).body).not.toHaveProperty('labels');
      const asked = await caller.check(team('bound'), { labels: { brand: 'gamma' } });
      expect(asked.body.labels).toEqual({ brand: 'gamma' });
    });

    it('to a team alone: the call says no label', async () => {
      const caller = await as('of-team', 'team:bound');
      const asked = await caller.check(team('bound'), { labels: { brand: 'acme' } });
      expectProblem(asked, 403, 'forbidden', []);
    });

    it.each(['label:brand/acme', 'person:alice', 'ledger'])(
      'to %s alone: to no scope',
      async (to) => {
        const caller = await as(`of-${to}`, to);
        expectProblem(await caller.check(user('alice')), 403, 'forbidden', []);
      },
    );
  });
});

describe('checks by the budget of the ledger', () => {
  let db: TestDatabase;
  let ledger: LedgerProcess;

  beforeAll(async () => {
    db = await createTestDatabase();
    ledger = await LedgerProcess.start({
      env: { DATABASE_URL: db.url, UNBUDGETED: 'deny', LABELS: 'org,project' },
    });
  });
  afterAll(async () => {
    await ledger.stop();
    await db.drop();
  });

  it('let in nobody whom no other budget covers', async () => {
    const { http } = ledger;
    await http.setBudget('all', 'ledger', '100');
    expect((await http.check(team('ml'))).body).toMatchObject({
      allowed: false,
      unbudgeted: true,
      blockedBy: null,
      budgets: [{ account: 'ledger', verdict: 'ok' }],
    });
    await http.setBudget('acme', 'label:org/acme', '5');
    const asked = await http.check(team('ml'), { labels: { org: 'acme' } });
    expect(asked.body).toMatchObject({ allowed: true, unbudgeted: false });
  });

  it('count every call', async () => {
    const { http } = ledger;
    await http.record(team('ml', 'alice'), '60');
    await http.record(user('alice'), '30');
    const { body } = await http.record(key('k'), '10');
    expect((await http.balance('ledger', body.position)).body.spentAllTime).toBe('100.00');
    const labels = { org: 'acme' };
    const asked = await http.check(team('ml'), { labels, minPosition: body.position });
    expect(asked.body).toMatchObject({
      allowed: false,
      blockedBy: 'all',
      message: 'Budget has been exceeded! Ledger Current cost: 100.00, Max budget: 100.00',
    });
  });

  it('refuse a label that the ledger does not know', async () => {
    const asked = await ledger.http.check(team('ml'), { labels: { projct: 'x' } });
    expectProblem(asked, 400, 'invalid', [['labels.projct', 'one_of']]);
  });
});
