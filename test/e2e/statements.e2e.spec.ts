import {
  createTestDatabase,
  ledgerCommand,
  LedgerProcess,
  type Answer,
  type TestDatabase,
} from '#libs/testing';

const ALICE = { type: 'team', teamId: 'ml', userId: 'alice' };
const APRIL = ['--month', '2026-04', '--zone', 'Europe/Berlin'];

describe('the auditor’s statements and explanations', () => {
  let db: TestDatabase;
  let ledger: LedgerProcess;
  let position = '';

  beforeAll(async () => {
    db = await createTestDatabase({ ledger: false });
    ledger = await LedgerProcess.start({ env: { DATABASE_URL: db.url } });
    await record(ledger.http.record(ALICE, '30.00', { id: 'wrong' }, { model: 'gpt-5' }));
    await record(ledger.http.record(ALICE, '5.00', { time: '2026-03-31T21:59:59Z' }));
    await record(ledger.http.record({ type: 'team', teamId: 'ops' }, '1.00'));
  });
  afterAll(async () => {
    await ledger.stop();
    await db.drop();
  });

  it('state a month, close it, and show what comes later as an adjustment of it', async () => {
    const open = await answer('statement', ...APRIL);
    expect(open.closed).toBeNull();
    expect(open.teams).toMatchObject([
      { team: 'ml', opening: '5.00', spends: { amount: '30.00', count: 1 }, closing: '35.00' },
      { team: 'ops', opening: '0.00', closing: '1.00' },
    ]);
    expect(open.teams[0].spends.byMember[0]).toEqual({
      user: 'alice',
      amount: '30.00',
      count: 1,
      unpriced: 0,
      entries: {
        account: 'member:ml/alice',
        kind: 'spend',
        from: '2026-03-31T22:00:00Z',
        to: '2026-04-30T22:00:00Z',
      },
    });

    const closed = await answer('close', ...APRIL, '--by', 'finn');
    expect(closed).toMatchObject({ month: '2026-04', zone: 'Europe/Berlin', closedBy: 'finn' });
    const frozen = await run('statement', ...APRIL, '--json');
    expect(JSON.parse(frozen.stdout)).toMatchObject({ closed: { knownAt: closed.knownAt } });

    await record(ledger.http.record(ALICE, '4.00'));
    const wrong = { source: 'test-gateway', id: 'wrong' };
    await record(ledger.http.correct(wrong, { kind: 'amend', amount: '25.00', reason: 'price' }));
    expect(await run('statement', ...APRIL, '--json')).toEqual(frozen);
    const now = new Date(closed.knownAt)
      .toLocaleDateString('sv-SE', { timeZone: 'Europe/Berlin' })
      .slice(0, 7);
    const current = await answer('statement', '--month', now, ...APRIL.slice(2), '--team', 'ml');
    expect(current.teams).toMatchObject([
      {
        opening: '35.00',
        adjustments: [
          { month: '2026-04', spends: { amount: '4.00' }, corrections: { amount: '-5.00' } },
        ],
        closing: '34.00',
      },
    ]);
    const printed = await run('statement', '--month', now, ...APRIL.slice(2), '--team', 'ml');
    expect(printed.stdout).toMatch(/2026-04, corrections +-5\.00 +1/);

    const again = await run('close', ...APRIL);
    expect(again).toMatchObject({ status: 2, stdout: '' });
    expect(again.stderr).toBe(
      `2026-04 (Europe/Berlin) was closed at ${closed.closedAt} by finn, and stays so.\n`,
    );
  });

  it('close nothing that cannot be made final', async () => {
    await ledger.stop();
    const behind = await run('close', '--month', '2026-02', '--wait', 'PT0.2S');
    expect(behind).toMatchObject({ status: 2, stdout: '' });
    expect(behind.stderr).toContain('was not closed');
    const stated = await answer('statement', '--month', '2026-02');
    expect(stated.closed).toBeNull();
  });

  const run = (...args: string[]) => ledgerCommand({ DATABASE_URL: db.url }, ...args);

  async function answer(...args: string[]) {
    const { status, stdout, stderr } = await run(...args, '--json');
    if (status !== 0) throw new Error(stderr + stdout);
    return JSON.parse(stdout);
  }

  /** Until the balances have it. */
  async function record(answered: Promise<Answer>): Promise<void> {
    const { status, body } = await answered;
    expect(status).toBe(201);
    position = [position, body.position].filter(Boolean).join();
    expect((await ledger.http.balance('team:ml', position)).status).toBe(200);
  }
});
