import { type Answer } from '#libs/testing';
import { expectProblem } from '../e2e/support/expect-problem';
import { JudgedLedger, key, team, user } from './support/judged-ledger';

describe('checks by the budgets of persons and labels', () => {
  let ledger: JudgedLedger;

  beforeAll(async () => {
    ledger = await JudgedLedger.start();
  });
  afterAll(() => ledger.stop());

  const listed = ({ body }: Answer) =>
    body.budgets.map((each: { account: string }) => each.account).sort();

  it('keep what a person spends in teams out of her own budget, and in that of the person (#26239)', async () => {
    await ledger.spend(team('ml', 'alice'), '400');
    const at = await ledger.spend(user('alice'), '11');
    expect(
      await Promise.all(
        ['user:alice', 'member:ml/alice', 'person:alice'].map((account) =>
          ledger.spent(account, at),
        ),
      ),
    ).toEqual(['11.00', '400.00', '411.00']);
    await ledger.budget('alice-own', 'user:alice', '200');
    expect((await ledger.http.check(user('alice'), { minPosition: at })).body).toMatchObject({
      allowed: true,
      budgets: [{ account: 'user:alice', spent: '11.00', limit: '200.00' }],
    });

    await ledger.budget('alice-all', 'person:alice', '400');
    const { body } = await ledger.http.check(user('alice'), { minPosition: at });
    expect(body).toMatchObject({
      allowed: false,
      blockedBy: 'alice-all',
      message: 'Budget has been exceeded! Person=alice Current cost: 411.00, Max budget: 400.00',
      budgets: [
        { account: 'user:alice', spent: '11.00', verdict: 'ok' },
        { account: 'person:alice', spent: '411.00', verdict: 'exceeded' },
      ],
    });
    await ledger.remove('alice-all');
    expect((await ledger.http.check(user('alice'))).body.allowed).toBe(true);
  });

  it('list the default for persons where a call names one', async () => {
    await ledger.budget('users', 'user:*', '5');
    await ledger.budget('persons', 'person:*', '500');
    expect(listed(await ledger.http.check(team('ml', 'erin')))).toEqual(['person:erin']);
    expect(listed(await ledger.http.check(user('erin')))).toEqual(['person:erin', 'user:erin']);
    expect(listed(await ledger.http.check(key('k-1')))).toEqual([]);
    await ledger.remove('users');
    await ledger.remove('persons');
  });

  it('count a person over twenty teams, and nobody else’s spend', async () => {
    let at = await ledger.spend(user('frank'), '1');
    for (let n = 0; n < 20; n += 1) {
      at = await ledger.spend(team(`team-${n}`, 'frank'), '1');
      at = await ledger.spend(team(`team-${n}`, 'grace'), '5');
    }
    await ledger.budget('frank-all', 'person:frank', '21');
    const { body } = await ledger.http.check(team('elsewhere', 'frank'), { minPosition: at });
    expect(body).toMatchObject({ allowed: false, budgets: [{ spent: '21.00' }] });
    expect(await ledger.spent('person:nobody-yet', at)).toBe('0.00');
  });

  it('judge a call by the label that it says', async () => {
    await ledger.spend(team('ml'), '3', { labels: { org: 'acme', project: 'search' } });
    const at = await ledger.spend(user('bob'), '4', { labels: { org: 'acme' } });
    expect(await ledger.spent('label:org/acme', at)).toBe('7.00');
    expect(await ledger.spent('label:project/search', at)).toBe('3.00');
    await ledger.budget('acme', 'label:org/acme', '7');
    const asked = (labels?: object) => ledger.http.check(key('x'), { labels, minPosition: at });
    expect((await asked({ org: 'acme' })).body).toMatchObject({
      allowed: false,
      labels: { org: 'acme' },
      message: 'Budget has been exceeded! Label=org/acme Current cost: 7.00, Max budget: 7.00',
    });
    expect((await asked()).body).not.toHaveProperty('labels');
    expect((await asked()).body.allowed).toBe(true);
    expect((await asked({ org: 'beta' })).body.allowed).toBe(true);
    const refused = (await asked({ org: 'acme' })).body;
    expect((await ledger.http.get(`/v1/decisions/${refused.decisionId}`)).body).toMatchObject({
      labels: { org: 'acme' },
      budgets: [{ account: 'label:org/acme' }],
    });
  });

  it('give each value of a label the default, unless it has a budget of its own', async () => {
    await ledger.budget('each', 'label:customer/*', '10');
    await ledger.budget('c1', 'label:customer/c1', '50');
    await ledger.spend(team('ml'), '20', { labels: { customer: 'c1' } });
    const minPosition = await ledger.spend(team('ml'), '12', { labels: { customer: 'c2' } });
    const of = async (customer: string) =>
      (await ledger.http.check(team('ml'), { labels: { customer }, minPosition })).body;
    expect(await of('c1')).toMatchObject({ allowed: true, budgets: [{ limit: '50.00' }] });
    expect(await of('c2')).toMatchObject({ allowed: false, blockedBy: 'each' });
    expect(await of('c3')).toMatchObject({ allowed: true, remaining: '10.00' });
    await ledger.http.setBudget('c1', 'label:customer/c1', null);
    expect(await of('c1')).toMatchObject({ allowed: true, remaining: null });
  });

  it('escape the value of a label as ids are escaped', async () => {
    const value = 'a/b c%';
    const name = 'label:folder/a%2Fb c%25';
    const at = await ledger.spend(team('ml'), '2', { labels: { folder: value } });
    expect(await ledger.spent(name, at)).toBe('2.00');
    await ledger.budget('folder', name, '2');
    expect((await ledger.http.check(team('ml'), { labels: { folder: value } })).body).toMatchObject(
      {
        allowed: false,
        budgets: [{ account: name }],
      },
    );
  });

  it.each([
    ['label:org/acme', 'require'],
    ['team:*', 'require'],
    ['ledger', 'require'],
  ])('refuse to require %s', async (account, field) => {
    const answer = await ledger.http.setBudget('never', account, null, { require: true });
    expectProblem(answer, 400, 'invalid', [[field, 'account']]);
  });

  it.each(['ledger:*', 'ledger:', 'Ledger', 'label:org', 'label:/*', 'label:Org/*', 'label:*/x'])(
    'refuse a budget on %s',
    async (account) => {
      const answer = await ledger.http.setBudget('never', account, '1');
      expectProblem(answer, 400, 'invalid', [['account', 'account']]);
    },
  );
});
