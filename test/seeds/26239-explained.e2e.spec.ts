import { ledgerCommand, LedgerFolder, LedgerProcess } from '#libs/testing';
import { PERSONAL, replayReport, TEAM } from './support/report-26239';

/** "Current cost: 411.92", and nobody could say which calls that was. */
describe('#26239: an auditor sees which calls it was, and which it was not', () => {
  let folder: LedgerFolder;
  let ledger: LedgerProcess | undefined;
  let refusedId: string;
  let grantedId: string;

  beforeAll(async () => {
    folder = await LedgerFolder.create();
    ledger = await LedgerProcess.start({
      env: { DATA_DIR: folder.dataDir, RECORD_DECISIONS: 'all' },
    });
    const { http } = ledger;
    const minPosition = await replayReport(http);
    const hold = await http.hold(PERSONAL, '100.00', { minPosition });
    grantedId = hold.body.decision.decisionId;
    await http.settle(hold.body.holdId, '2.00');
    const settled = await http.hold(PERSONAL, '180.00', { minPosition });
    await http.release(settled.body.holdId);
    await http.setBudget('ml-400', 'team:ml', '400.00');
    const refused = await http.check(TEAM, { minPosition });
    expect(refused.body.allowed).toBe(false);
    refusedId = refused.body.decisionId;
    // Until it is kept.
    for (const id of [refusedId, grantedId]) await http.get(`/v1/decisions/${id}`);
  });

  afterAll(async () => {
    await ledger?.stop();
    await folder.remove();
  });

  const run = (...args: string[]) => ledgerCommand({ DATA_DIR: folder.dataDir }, ...args);
  async function answer(...args: string[]) {
    const { status, stdout, stderr } = await run(...args, '--json');
    if (status !== 0) throw new Error(stderr + stdout);
    return JSON.parse(stdout);
  }

  async function theTruthIsShown(): Promise<void> {
    const alice = await answer('explain', 'user:alice', '--window', '2026-04');
    expect(alice).toMatchObject({
      windows: [{ start: '2026-04-01T00:00:00Z', spent: '11.92', balance: '11.92', agrees: true }],
      notCounted: [
        { account: 'member:ml/alice', spent: '400.00', calls: 4, reason: 'paid by team ml' },
      ],
    });
    const [{ entries }] = alice.windows;
    expect(
      entries.map((one: { amount: string; total: string }) => [one.amount, one.total]),
    ).toEqual([
      ['4.00', '4.00'],
      ['3.92', '7.92'],
      ['2.50', '10.42'],
      ['1.50', '11.92'],
    ]);
    const team = await answer('explain', 'team:ml');
    expect(team.windows).toMatchObject([
      { start: null, end: null, budgets: ['ml-400'], spent: '400.00' },
    ]);
    expect(team.notCounted).toMatchObject([{ account: 'user:alice', spent: '13.92', calls: 5 }]);

    const refused = await answer('explain', refusedId);
    expect(refused).toMatchObject({ allowed: false, agrees: true, scope: TEAM });
    expect(refused.budgets).toMatchObject([
      {
        budgetId: 'ml-400',
        limit: { decided: '400.00', derived: '400.00', verdict: 'agrees' },
        spent: { decided: '400.00', derived: '400.00', verdict: 'agrees' },
        held: { decided: '0.00', derived: '0.00', verdict: 'agrees' },
      },
    ]);
    expect(refused.budgets[0].entries).toHaveLength(4);
    expect(await answer('explain', grantedId)).toMatchObject({ allowed: true, agrees: true });
  }

  it('on a running ledger', theTruthIsShown);

  it('in tables for people', async () => {
    const { status, stdout } = await run('explain', 'user:alice', '--window', '2026-04');
    expect(status).toBe(0);
    expect(stdout).toContain(
      'user:alice, 2026-04-01T00:00:00Z to 2026-05-01T00:00:00Z: 11.92 USD in 4 calls',
    );
    expect(stdout).toMatch(/member:ml\/alice +400\.00 +4 +not counted: paid by team ml/);
    const decision = await run('explain', refusedId);
    expect(decision.stdout).toMatch(/spent +400\.00 +400\.00 +agrees +4 entries/);
  });

  it('on a stopped one, of which no month can be closed', async () => {
    await ledger!.stop();
    ledger = undefined;
    await theTruthIsShown();
    const closed = await run('close', '--month', '2026-04');
    expect(closed).toMatchObject({ status: 2, stdout: '' });
    expect(closed.stderr).toContain('Nothing of this ledger runs');
  });
});
