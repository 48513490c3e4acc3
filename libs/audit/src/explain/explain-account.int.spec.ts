import { sql } from 'kysely';
import {
  formatMoney,
  instantOf,
  parseAccount,
  type Account,
  type Scope,
  type Window,
} from '#libs/ledger';
import {
  adjustmentRecord,
  budgetRecord,
  createTestDatabase,
  openTestLog,
  projectLog,
  spendRecord,
  TEST_PARTITIONS,
  TestClock,
  type TestDatabase,
} from '#libs/testing';
import { explainAccount, readCurrentWindows } from './explain-account';

const PERSONAL: Scope = { type: 'user', userId: 'alice', keyId: 'hers' };
const AT_ML: Scope = { type: 'team', teamId: 'ml', userId: 'alice', keyId: 'k-ml' };
const APRIL = window('2026-04-01T00:00:00Z', '2026-05-01T00:00:00Z');
const ALL: Window = { start: null, end: null };
const LIMITS = { partitions: TEST_PARTITIONS, most: 100 };

describe('explaining what an account has spent', () => {
  let db: TestDatabase;

  beforeEach(async () => {
    db = await createTestDatabase();
  });
  afterEach(() => db.drop());

  it('lists its calls in the order of time, with the sum after each', async () => {
    await record(
      spendRecord(PERSONAL, '2.00', { time: instantOf('2026-04-20T00:00:00Z'), id: 'second' }),
      spendRecord(PERSONAL, '1.00', { time: instantOf('2026-04-10T00:00:00Z'), id: 'first' }),
      spendRecord(PERSONAL, '8.00', { time: instantOf('2026-05-01T00:00:00Z'), id: 'in May' }),
      spendRecord(AT_ML, '400.00', { time: instantOf('2026-04-15T00:00:00Z') }),
    );
    const { windows } = await explain('user:alice', APRIL);
    expect(windows.map(printed)).toEqual([
      {
        sums: ['3.00', '3.00'],
        entries: [
          ['first', '1.00', '1.00'],
          ['second', '2.00', '3.00'],
        ],
      },
    ]);
  });

  it('lists the latest, and sums all', async () => {
    for (let day = 10; day < 16; day++) {
      const time = instantOf(`2026-04-${day}T00:00:00Z`);
      await record(spendRecord(PERSONAL, '1.00', { id: String(day), time }));
    }
    const { windows } = await explain('user:alice', APRIL, 2);
    expect(windows[0]).toMatchObject({ calls: 6, earlier: 4 });
    expect(printed(windows[0]!)).toEqual({
      sums: ['6.00', '6.00'],
      entries: [
        ['14', '1.00', '5.00'],
        ['15', '1.00', '6.00'],
      ],
    });
  });

  it('shows corrections beside what they correct, and what is still of unknown cost', async () => {
    const april = { time: instantOf('2026-04-10T00:00:00Z') };
    const wrong = spendRecord(PERSONAL, '9.00', { ...april, id: 'wrong', source: 'gateway' });
    const unknown = spendRecord(PERSONAL, undefined, april);
    await record(wrong, unknown, spendRecord(PERSONAL, undefined, april));
    await record(
      adjustmentRecord(wrong, '4.00', { id: 'a', reason: 'wrong price' }),
      adjustmentRecord(unknown, '0.50', { id: 'b' }),
    );
    const { windows } = await explain('user:alice', APRIL);
    expect(windows[0]).toMatchObject({ calls: 3, corrections: 2, unpriced: 1 });
    expect(formatMoney(windows[0]!.spentPico)).toBe('4.50');
    expect(windows[0]!.entries.find(({ id }) => id === 'a')).toMatchObject({
      amountPico: -5_000_000_000_000n,
      corrects: { source: 'gateway', id: 'wrong', kind: 'amend', reason: 'wrong price' },
      caller: 'test',
    });
  });

  it('takes the windows of its budgets, each once', async () => {
    const clock = await TestClock.of(db.database, '2026-04-27T10:00:00Z');
    await clock.set(instantOf('2026-04-27T10:00:00Z'));
    const month = { type: 'calendar', unit: 'month', zone: 'UTC' };
    await record(
      budgetRecord('a', 1, { account: 'user:alice', window: month }),
      budgetRecord('b', 1, { account: 'user:alice', window: month, limit: null }),
      budgetRecord('c', 1, { account: 'user:alice' }),
      budgetRecord('d', 1, { account: 'team:ml' }),
    );
    expect(await readCurrentWindows(db.database, of('user:alice'), TEST_PARTITIONS)).toEqual([
      { window: APRIL, budgetIds: ['a', 'b'] },
      { window: ALL, budgetIds: ['c'] },
    ]);
  });

  it('takes all time where there is no budget', async () => {
    const windows = await readCurrentWindows(db.database, of('user:alice'), TEST_PARTITIONS);
    expect(windows).toEqual([{ window: ALL, budgetIds: [] }]);
  });

  it('sums what lies outside of the windows, so that all of it comes to the balance', async () => {
    const march = { time: instantOf('2026-03-10T00:00:00Z') };
    const wrong = spendRecord(PERSONAL, '9.00', march);
    await record(wrong, spendRecord(PERSONAL, undefined, march), spendRecord(PERSONAL, '2.00'));
    await record(adjustmentRecord(wrong, '7.00'));
    const { outside } = await explain('user:alice', APRIL);
    expect(outside).toEqual({ spentPico: 7n * 10n ** 12n, calls: 2, corrections: 1, unpriced: 1 });
    const before = { window: { start: null, end: APRIL.start }, budgetIds: [] };
    const both = [before, { window: APRIL, budgetIds: [] }];
    const explained = await explainAccount(db.database, of('user:alice'), both, LIMITS);
    expect(explained.outside).toMatchObject({ spentPico: 0n, calls: 0 });
    expect((await explain('user:alice', ALL)).outside).toBeUndefined();
  });

  it('reads a window of a budget as checks read it', async () => {
    const window = { type: 'calendar', unit: 'month', zone: 'UTC' };
    await record(budgetRecord('month', 1, { account: 'user:alice', window }));
    await record(spendRecord(PERSONAL, '1.00', { time: instantOf('2026-04-10T00:00:00Z') }));
    const asked = { window: APRIL, budgetIds: ['other', 'month'] };
    const explained = async () =>
      (await explainAccount(db.database, of('user:alice'), [asked], LIMITS)).windows[0]!;
    expect(printed(await explained()).sums).toEqual(['1.00', '1.00']);
    const changed = sql`jsonb_set(windows, '{month,2}', '"3.00"')`;
    await sql`update user_balance set windows = ${changed}`.execute(db.database.kysely);
    expect(printed(await explained()).sums).toEqual(['1.00', '3.00']);
  });

  it('tells apart the entries and the sums that are kept, where they differ', async () => {
    await record(spendRecord(PERSONAL, '1.00'), spendRecord(AT_ML, '1.00'));
    await sql`update user_balance set spent = spent + 0.000000000001`.execute(db.database.kysely);
    await sql`update team_bucket set spent = 2`.execute(db.database.kysely);
    const [user] = (await explain('user:alice', ALL)).windows;
    expect(printed(user!).sums).toEqual(['1.00', '1.000000000001']);
    const [team] = (await explain('team:ml', APRIL)).windows;
    expect(printed(team!).sums).toEqual(['1.00', '2.00']);
  });

  describe('what is not counted', () => {
    it('of a user: what teams paid for her, and what her keys spent for nobody', async () => {
      await record(
        spendRecord(PERSONAL, '11.92'),
        spendRecord(AT_ML, '300.00'),
        spendRecord(AT_ML, undefined),
        spendRecord({ type: 'team', teamId: 'ops', userId: 'alice' }, '50.00'),
        spendRecord({ type: 'team', teamId: 'ops', userId: 'bob' }, '1000.00'),
        spendRecord({ type: 'key', keyId: 'hers' }, '7.00'),
        spendRecord({ type: 'team', teamId: 'ml', keyId: 'k-ml' }, '5.00'),
        spendRecord({ type: 'key', keyId: 'of nobody' }, '9.00'),
      );
      expect(await notCounted('user:alice')).toEqual([
        ['member:ml/alice', '300.00', 2, 'paid by team ml'],
        ['member:ops/alice', '50.00', 1, 'paid by team ops'],
        ['key:hers', '7.00', 1, 'of the key alone, and names no user'],
        ['key:k-ml', '5.00', 1, 'paid by team ml, and names no user'],
      ]);
    });

    it('of a team: what its members spent of their own', async () => {
      await record(
        spendRecord(AT_ML, '1.00'),
        spendRecord(PERSONAL, '11.92'),
        spendRecord({ type: 'user', userId: 'bob' }, '5.00'),
      );
      expect(await notCounted('team:ml')).toEqual([
        ['user:alice', '11.92', 1, 'personal, and paid by the user'],
      ]);
    });

    it('of a member: her own money, her other teams, and what the team spent through nobody', async () => {
      await record(
        spendRecord(AT_ML, '1.00'),
        spendRecord(PERSONAL, '11.92'),
        spendRecord({ type: 'team', teamId: 'ops', userId: 'alice' }, '50.00'),
        spendRecord({ type: 'team', teamId: 'ml' }, '2.00'),
      );
      expect(await notCounted('member:ml/alice')).toEqual([
        ['member:ops/alice', '50.00', 1, 'paid by team ops'],
        ['user:alice', '11.92', 1, 'personal, and paid by the user'],
        ['team:ml', '2.00', 1, 'names no user'],
      ]);
    });

    it('of a window: what became known in it and was spent at another time', async () => {
      const late = {
        time: instantOf('2026-03-31T23:59:59Z'),
        recordedAt: instantOf('2026-04-02T00:00:00Z'),
      };
      await record(spendRecord(PERSONAL, '3.00', late), spendRecord(PERSONAL, '1.00'));
      expect(await notCounted('user:alice', APRIL)).toEqual([
        ['user:alice', '3.00', 1, 'spent before the window, and known in it'],
      ]);
      expect(await notCounted('user:alice')).toEqual([]);
    });
  });

  async function record(...records: Parameters<ReturnType<typeof openTestLog>['append']>[0]) {
    const log = openTestLog(db.database);
    await log.append(records);
    await log.close();
    await projectLog(db.database);
  }

  const explain = (account: string, asked: Window, most = 100) =>
    explainAccount(db.database, of(account), [{ window: asked, budgetIds: [] }], {
      ...LIMITS,
      most,
    });

  const notCounted = async (account: string, asked = ALL) =>
    (await explain(account, asked)).notCounted.map((other) => [
      other.account,
      formatMoney(other.spentPico),
      other.calls,
      other.reason,
    ]);
});

type Explained = Awaited<ReturnType<typeof explainAccount>>['windows'][number];

function printed({ spentPico, balancePico, entries }: Explained) {
  return {
    sums: [formatMoney(spentPico), formatMoney(balancePico)],
    entries: entries.map(({ id, amountPico, totalPico }) => [
      id,
      amountPico === undefined ? null : formatMoney(amountPico),
      formatMoney(totalPico),
    ]),
  };
}

function of(text: string): Account {
  const account = parseAccount(text, 'account');
  if (!account.ok) throw new Error(text);
  return account.value;
}

function window(start: string, end: string): Window {
  return { start: instantOf(start), end: instantOf(end) };
}
