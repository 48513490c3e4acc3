import { createTestDatabase, LedgerProcess, type TestDatabase } from '#libs/testing';
import { expectProblem } from '../e2e/support/expect-problem';
import { key, team, user } from './support/judged-ledger';

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
