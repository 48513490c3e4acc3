import { JudgedLedger, team } from './support/judged-ledger';

describe('where a label is required, a ledger has to', () => {
  let ledger: JudgedLedger;

  beforeAll(async () => {
    ledger = await JudgedLedger.start();
    await ledger.budget('say-it', 'label:tenant/*', null, { require: true });
  });
  afterAll(() => ledger.stop());

  it('refuse a check and a hold without it, and say so', async () => {
    const { body } = await ledger.http.check(team('ml'));
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
    expect(await ledger.explain(body.decisionId as string)).toMatchObject({
      agrees: true,
      budgets: [{ account: 'label:tenant/*', entries: [], holds: [] }],
    });
    const held = await ledger.http.hold(team('ml'), '1');
    expect(held.status).toBe(429);
    expect(held.headers.get('retry-after')).toBeNull();
  });

  it('let pass what says it, and what is free', async () => {
    expect((await ledger.http.check(team('ml'), { labels: { tenant: 't1' } })).body.allowed).toBe(
      true,
    );
    expect((await ledger.http.check(team('ml'), { estimate: '0' })).body.allowed).toBe(true);
  });

  it('record a spend without it', async () => {
    const at = await ledger.spend(team('no-tenant'), '5');
    expect(await ledger.spent('team:no-tenant', at)).toBe('5.00');
  });

  it('only report where it is not enforced', async () => {
    const { body } = await ledger.http.setBudget('say-it', 'label:tenant/*', null, {
      require: true,
      enforce: false,
    });
    expect(body).toMatchObject({ budget: { require: true, enforce: false } });
    expect((await ledger.http.check(team('ml'))).body).toMatchObject({
      allowed: true,
      budgets: [{ account: 'label:tenant/*', verdict: 'missing', enforced: false }],
    });
  });
});
