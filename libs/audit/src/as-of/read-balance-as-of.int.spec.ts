import { formatInstant, instantOf, partitionOfScope, type Scope } from '#libs/ledger';
import { budgetRecord, spendRecord, TEST_PARTITIONS } from '#libs/testing';
import { ALICE, AskedLedger, corrected, MONTH, spent } from './asked-ledger.fixture';

const APRIL = '2026-04-10T12:00:00Z';
const MAY_3 = '2026-05-03T00:00:00Z';
const TEAM: Scope = { type: 'team', teamId: 'ml', userId: 'alice', keyId: 'k' };
const KINDS = ['key:k', 'user:alice', 'team:ml', 'member:ml/alice'];

describe('a balance as it was', () => {
  let ledger: AskedLedger;

  beforeEach(async () => {
    ledger = await AskedLedger.create();
  });
  afterEach(() => ledger.drop());

  it.each(KINDS)(
    'of %s has what was known then, and late events only since they came',
    async (name) => {
      for (const scope of [ALICE, TEAM]) {
        await ledger.record(
          spent(scope, '1.00', APRIL),
          spent(scope, '20.00', '2026-05-02T00:00:00Z'),
          spent(scope, '300.00', APRIL, '2026-05-04T00:00:00Z'),
        );
      }
      await ledger.record(
        budgetRecord('month', 1, { account: name, window: MONTH }, instantOf(APRIL)),
      );
      const times = name === 'key:k' ? 2 : 1;
      const money = (...amounts: number[]) => amounts.map((amount) => `${amount * times}.00`);
      const asked = async (at?: string, knownAt?: string) => {
        const { spentAllTime, budgets } = await ledger.figures(name, at, knownAt);
        return [spentAllTime, ...budgets];
      };
      expect(await asked('2026-05-01T00:00:00Z', MAY_3)).toEqual(money(1, 0));
      expect(await asked('2026-04-30T23:59:59.999999Z', MAY_3)).toEqual(money(1, 1));
      expect(await asked('2026-04-30T00:00:00Z')).toEqual(money(301, 301));
      expect(await asked('2026-05-03T00:00:00Z', MAY_3)).toEqual(money(21, 20));
      expect(await asked('2026-05-31T00:00:00Z')).toEqual(money(321, 20));
    },
  );

  it('leaves out an entry at its own time, and has one that was known at that very instant', async () => {
    const known = '2026-04-20T00:00:00.000007Z';
    await ledger.record(spent(ALICE, '5.00', APRIL, known));
    const all = async (at: string, knownAt?: string) =>
      (await ledger.figures('user:alice', at, knownAt)).spentAllTime;
    for (const knownAt of [undefined, MAY_3]) {
      expect(await all(APRIL, knownAt)).toBe('0.00');
      expect(await all('2026-04-10T12:00:00.000001Z', knownAt)).toBe('5.00');
    }
    expect(await all(MAY_3, known)).toBe('5.00');
    expect(await all(MAY_3, '2026-04-20T00:00:00.000006Z')).toBe('0.00');
  });

  it('has corrections and prices from when they were known, in the time of their spend', async () => {
    const [first, unknown] = [spent(ALICE, '10.00', APRIL), spent(ALICE, undefined, APRIL)];
    await ledger.record(first, unknown);
    await ledger.record(corrected(first, '4.00', '2026-04-11T00:00:00Z'));
    await ledger.record(corrected(unknown, '7.00', '2026-04-12T00:00:00Z'));
    await ledger.record(corrected(first, 'reverse', '2026-04-13T00:00:00Z'));
    await ledger.record(corrected(first, '2.50', '2026-04-14T00:00:00Z'));
    const known = async (day: string) => {
      const { spentAllTime, unpriced } = await ledger.figures('user:alice', MAY_3, day);
      return [spentAllTime, unpriced];
    };
    expect(await known('2026-04-10T13:00:00Z')).toEqual(['10.00', 1]);
    expect(await known('2026-04-11T13:00:00Z')).toEqual(['4.00', 1]);
    expect(await known('2026-04-12T13:00:00Z')).toEqual(['11.00', 0]);
    expect(await known('2026-04-13T13:00:00Z')).toEqual(['7.00', 0]);
    expect(await known('2026-04-14T13:00:00Z')).toEqual(['9.50', 0]);
    // None of them is before the spends that they correct.
    expect(await ledger.figures('user:alice', APRIL)).toMatchObject({ spentAllTime: '0.00' });
  });

  it('counts calls of unknown cost by their time, too, where all that is known now counts', async () => {
    const [early, late] = [spent(ALICE, undefined, APRIL), spent(ALICE, undefined, MAY_3)];
    await ledger.record(early, late);
    const unpriced = async (at: string) => (await ledger.figures('user:alice', at)).unpriced;
    expect(await unpriced(APRIL)).toBe(0);
    expect(await unpriced(MAY_3)).toBe(1);
    expect(await unpriced('2026-05-04T00:00:00Z')).toBe(2);
    await ledger.record(corrected(early, '1.00', '2026-05-05T00:00:00Z'));
    expect(await unpriced(MAY_3)).toBe(0);
    expect(await unpriced('2026-05-04T00:00:00Z')).toBe(1);
  });

  it('of a key is the sum over all partitions that feed it', async () => {
    const scopes: Scope[] = ['alice', 'bob', 'carol', 'dave'].map((userId) => ({
      type: 'user',
      userId,
      keyId: 'k',
    }));
    expect(new Set(scopes.map((scope) => partitionOfScope(scope, TEST_PARTITIONS))).size).toBe(4);
    for (const [n, scope] of scopes.entries()) {
      await ledger.record(spent(scope, `${10 ** n}.00`, APRIL, `2026-04-1${n}T00:00:00Z`));
    }
    const known = async (knownAt?: string) =>
      (await ledger.figures('key:k', MAY_3, knownAt)).spentAllTime;
    expect(await known('2026-04-11T23:00:00Z')).toBe('11.00');
    expect(await known(MAY_3)).toBe('1111.00');
    expect(await known()).toBe('1111.00');
  });

  it('has the window that holds its time, in the zone of its budget', async () => {
    const berlin = { ...MONTH, zone: 'Europe/Berlin' };
    await ledger.record(
      budgetRecord('b', 1, { account: 'user:alice', window: berlin }, instantOf(APRIL)),
      spent(ALICE, '1.00', '2026-03-31T21:59:59.999999Z'),
      spent(ALICE, '20.00', '2026-03-31T22:00:00Z'),
      spent(ALICE, '300.00', '2026-04-30T21:59:00Z'),
      spent(ALICE, '4000.00', '2026-04-30T22:00:00Z'),
    );
    const asked = async (at: string) =>
      (await ledger.ask('user:alice', at, MAY_3)).budgets.map(({ window, spent }) => ({
        start: window.start,
        spent,
      }));
    const start = '2026-03-31T22:00:00Z';
    expect(await asked('2026-03-31T22:00:00Z')).toEqual([{ start, spent: '0.00' }]);
    expect(await asked('2026-04-30T21:59:59.999999Z')).toEqual([{ start, spent: '320.00' }]);
    expect(await asked('2026-05-01T00:00:00Z')).toEqual([
      { start: '2026-04-30T22:00:00Z', spent: '4000.00' },
    ]);
  });

  it('of an account never seen is zero, whatever is asked', async () => {
    for (const name of ['key:x', 'user:x', 'team:x', 'member:x/y']) {
      expect(await ledger.figures(name, APRIL, MAY_3)).toEqual({
        spentAllTime: '0.00',
        unpriced: 0,
        budgets: [],
      });
      expect(await ledger.figures(name, APRIL)).toMatchObject({ spentAllTime: '0.00' });
    }
  });

  it('is read at the ends of time as well', async () => {
    const ends = ['0001-01-01T00:00:00Z', '9999-12-31T23:59:59.999999Z'];
    const window = { ...MONTH, unit: 'year', zone: 'Pacific/Kiritimati' };
    await ledger.record(
      budgetRecord('y', 1, { account: 'user:alice', window }, instantOf(APRIL)),
      spent(ALICE, '1.00', APRIL),
    );
    for (const knownAt of [undefined, MAY_3]) {
      const [first, last] = await Promise.all(
        ends.map((at) => ledger.figures('user:alice', at, knownAt)),
      );
      expect(first).toEqual({ spentAllTime: '0.00', unpriced: 0, budgets: ['0.00'] });
      expect(last).toEqual({ spentAllTime: '1.00', unpriced: 0, budgets: ['0.00'] });
    }
    expect(await ledger.figures('user:alice', APRIL, ends[0])).toMatchObject({ budgets: [] });
  });

  it('shows what is held now, and how far the ledger is now', async () => {
    await ledger.record(spendRecord(ALICE, '1.00', { time: instantOf(APRIL) }));
    await ledger.record(budgetRecord('b', 1, { account: 'user:alice' }, instantOf(APRIL)));
    await ledger.database.kysely
      .insertInto('held_account')
      .values({
        partition: partitionOfScope(ALICE, TEST_PARTITIONS),
        account: 'user:alice',
        taken: '3.00',
        counted_to: APRIL,
      })
      .execute();
    const { held, budgets, position } = await ledger.ask('user:alice', MAY_3, MAY_3);
    expect([held, budgets[0]]).toMatchObject(['3.00', { held: '3.00', remaining: '6.00' }]);
    const now = await ledger.ask('user:alice', formatInstant(instantOf(MAY_3)));
    expect(now.position).toBe(position);
  });
});
