import { formatInstant, instantOf } from '#libs/ledger';
import {
  adjustmentRecord,
  budgetRecord,
  createTestDatabase,
  LedgerProcess,
  openTestLog,
  spendRecord,
  type GrpcLedger,
  type TestDatabase,
  ledgerCommand,
} from '#libs/testing';
import { expectProblem } from './support/expect-problem';
import { callGrpc } from './support/grpc-outcome';

const ALICE = { type: 'user', userId: 'alice' } as const;
const ACCOUNT = 'user:alice';
const APRIL = '2026-04-10T12:00:00Z';
/** The last instant of April in Berlin. */
const AT = '2026-04-30T21:59:59.999999Z';
const KNOWN_AT = '2026-05-03T00:00:00Z';
const BERLIN = { type: 'calendar', unit: 'month', zone: 'Europe/Berlin' };
const APRIL_IN_BERLIN = { start: '2026-03-31T22:00:00Z', end: '2026-04-30T22:00:00Z' };

const spend = (amount: string | undefined, time: string, recordedAt: string) =>
  spendRecord(ALICE, amount, { time: instantOf(time), recordedAt: instantOf(recordedAt) });
const corrected = (of: ReturnType<typeof spend>, stated: string, on: string) =>
  adjustmentRecord(of, stated, { time: instantOf(on), recordedAt: instantOf(on) });
const budget = (revision: number, limit: string, recordedAt: string) =>
  budgetRecord('b', revision, { account: ACCOUNT, limit, window: BERLIN }, instantOf(recordedAt));

describe('a balance as it was', () => {
  let db: TestDatabase;
  let ledger: LedgerProcess;
  let grpc: GrpcLedger;

  /** April, as the 3rd of May knew it: 100 and 20 of 200; later 7 came in late, 20 was corrected to 5, and a call priced. */
  beforeAll(async () => {
    db = await createTestDatabase();
    const [first, second] = [spend('100.00', APRIL, APRIL), spend('20.00', APRIL, APRIL)];
    const unknown = spend(undefined, APRIL, APRIL);
    await openTestLog(db.database).append([
      budget(1, '200.00', '2026-04-01T00:00:00Z'),
      ...[first, second, unknown],
      spend('3000.00', '2026-05-01T00:00:00Z', '2026-05-01T00:00:00Z'),
      spend('7.00', APRIL, '2026-05-04T00:00:00Z'),
      corrected(second, '5.00', '2026-05-05T00:00:00Z'),
      corrected(unknown, '1.00', '2026-05-06T00:00:00Z'),
      budget(2, '50.00', '2026-05-07T00:00:00Z'),
    ]);
    ledger = await LedgerProcess.start({ env: { DATABASE_URL: db.url } });
    grpc = ledger.grpc();
  });

  afterAll(async () => {
    grpc.close();
    await ledger.stop();
    await db.drop();
  });

  const asked = (query: string) => ledger.http.get(`/v1/balances?account=${ACCOUNT}${query}`);
  const askGrpc = (request: object) =>
    callGrpc(grpc, 'BudgetService', 'GetBalance', { account: ACCOUNT, ...request });
  const command = (...args: string[]) =>
    ledgerCommand({ DATABASE_URL: db.url }, 'balance', ACCOUNT, ...args);

  const KNOWN_THEN = {
    account: ACCOUNT,
    spentAllTime: '120.00',
    held: '0.00',
    unpriced: 1,
    budgets: [
      {
        budgetId: 'b',
        account: ACCOUNT,
        limit: '200.00',
        spent: '120.00',
        held: '0.00',
        remaining: '80.00',
        window: APRIL_IN_BERLIN,
        verdict: 'ok',
        enforced: true,
        warning: null,
      },
    ],
  };

  it('says what alice had spent in April, as it was known on the 3rd of May', async () => {
    const { status, body } = await asked(`&at=${AT}&knownAt=${KNOWN_AT}`);
    expect(status).toBe(200);
    expect(body).toEqual({
      ...KNOWN_THEN,
      position: expect.stringMatching(/^0:/),
      asOf: expect.stringMatching(/Z$/),
    });
  });

  it('says what is known of April now, and what is known now', async () => {
    const april = await asked(`&at=${AT}`);
    expect(april.body).toMatchObject({
      spentAllTime: '113.00',
      unpriced: 0,
      budgets: [{ spent: '113.00', limit: '50.00', verdict: 'exceeded', window: APRIL_IN_BERLIN }],
    });
    const now = await asked('');
    expect(now.body).toMatchObject({ spentAllTime: '3113.00', budgets: [{ spent: '0.00' }] });
  });

  it('says the same through every door', async () => {
    const { body } = await asked(`&at=${AT}&knownAt=${KNOWN_AT}`);
    const { value } = await askGrpc({ at: timestamp(AT), known_at: timestamp(KNOWN_AT) });
    const { start, end } = APRIL_IN_BERLIN;
    expect(value.balance).toMatchObject({
      account: ACCOUNT,
      spent_all_time: '120.00',
      unpriced: '1',
      budgets: [
        {
          budget_id: 'b',
          limit: '200.00',
          spent: '120.00',
          verdict: 'VERDICT_OK',
          window: { start: timestamp(start), end: timestamp(end) },
        },
      ],
    });
    const { status, stdout } = await command('--at', AT, '--known-at', KNOWN_AT, '--json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      ...body,
      asOf: expect.any(String),
      position: expect.any(String),
    });
    const forPeople = await command('--at', AT, '--known-at', KNOWN_AT);
    expect(forPeople.stdout).toContain('user:alice: 120.00 spent over all time, 0.00 held.\n');
    expect(forPeople.stdout).toMatch(/^b +200\.00 +120\.00 +0\.00 +80\.00 +ok +from 2026-03-31/m);
  });

  it('says the same after more of April has come in, and has that where it is asked for', async () => {
    const said = await asked(`&at=${AT}&knownAt=${KNOWN_AT}`);
    const late = await ledger.http.record(ALICE, '1000.00', { time: APRIL });
    const again = await asked(
      `&at=${AT}&knownAt=${KNOWN_AT}&minPosition=${encodeURIComponent(late.body.position)}`,
    );
    expect(again.body).toEqual({
      ...said.body,
      position: expect.any(String),
      asOf: expect.any(String),
    });
    const known = await asked(`&at=${AT}&knownAt=${late.body.recordedAt}`);
    expect(known.body).toMatchObject({ spentAllTime: '1113.00' });
    const { stdout } = await command('--json');
    expect(JSON.parse(stdout)).toMatchObject({ spentAllTime: '4113.00' });
  });

  it.each([
    ['&at=2026-04-30', 'at', 'rfc3339'],
    ['&at=2026-04-30T00:00:00', 'at', 'offset'],
    ['&knownAt=2026-05-03T00:00:00', 'knownAt', 'offset'],
    ['&knownAt=', 'knownAt', 'rfc3339'],
    ['&knownAt=now', 'knownAt', 'rfc3339'],
    ['&knownAt=2026-05-03T00:00:00Z&knownAt=2026-05-04T00:00:00Z', 'knownAt', 'single'],
    ['&known_at=2026-05-03T00:00:00Z', 'known_at', 'unknown_member'],
    ['&asOf=2026-05-03T00:00:00Z', 'asOf', 'unknown_member'],
  ])('is refused when asked with %s', async (query, field, rule) => {
    expectProblem(await asked(query), 400, 'invalid', [[field, rule]]);
  });

  it('is refused of what will be known, at every door', async () => {
    const ahead = formatInstant(BigInt(Date.now() + 60_000) * 1000n);
    expectProblem(await asked(`&knownAt=${ahead}`), 400, 'invalid', [['knownAt', 'not_ahead']]);
    expect(await askGrpc({ known_at: timestamp(ahead) })).toMatchObject({
      reason: 'invalid',
      faults: [['known_at', 'not_ahead']],
    });
    expect(await command('--known-at', ahead)).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringMatching(/^--known-at must not be ahead of the ledger's clock/),
    });
  });

  it.each([
    [['--at', '2026-04-30T00:00:00'], /^--at must say its offset from UTC/],
    [['--known-at', 'yesterday'], /^--known-at must be an RFC 3339 time/],
    [['--wait', '5'], /^--wait must be a duration such as PT10S, and is "5"\.\n$/],
    [['--until', AT], /^Unknown option '--until'/],
  ])('is refused in the terminal with %j', async (args, sentence) => {
    const { status, stdout, stderr } = await command(...args);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(sentence);
  });
});

function timestamp(time: string): { seconds: string; nanos: number } {
  const micros = instantOf(time);
  return { seconds: String(micros / 1_000_000n), nanos: Number(micros % 1_000_000n) * 1000 };
}
