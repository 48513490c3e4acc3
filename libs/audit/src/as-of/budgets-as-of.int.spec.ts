import { instantOf } from '#libs/ledger';
import { budgetRecord } from '#libs/testing';
import { AskedLedger } from './asked-ledger.fixture';

const ALICE = 'user:alice';
const day = (n: number) => `2026-04-${String(n).padStart(2, '0')}T00:00:00Z`;

describe('the budgets of a balance as it was', () => {
  let ledger: AskedLedger;

  beforeEach(async () => {
    ledger = await AskedLedger.create();
  });
  afterEach(() => ledger.drop());

  const set = (id: string, revision: number, settings: object | null, on: number) =>
    ledger.record(budgetRecord(id, revision, settings, instantOf(day(on))));
  const limits = async (at: string | undefined, knownAt?: string) =>
    (await ledger.ask(ALICE, at, knownAt)).budgets.map(({ budgetId, limit }) => [budgetId, limit]);

  it('are those that were known then: set, changed, moved and removed', async () => {
    await set('b', 1, { account: ALICE, limit: '1.00' }, 2);
    await set('b', 2, { account: ALICE, limit: '2.00' }, 4);
    await set('b', 3, { account: 'user:bob', limit: '3.00' }, 6);
    await set('b', 4, { account: ALICE, limit: '4.00' }, 8);
    await set('b', 5, null, 10);
    const known = (on: number) => limits(day(28), day(on));
    expect(await known(1)).toEqual([]);
    expect(await known(2)).toEqual([['b', '1.00']]);
    expect(await known(3)).toEqual([['b', '1.00']]);
    expect(await known(5)).toEqual([['b', '2.00']]);
    expect(await known(7)).toEqual([]);
    expect(await known(9)).toEqual([['b', '4.00']]);
    expect(await known(11)).toEqual([]);
    expect(await limits(day(1))).toEqual([]);
  });

  it('count until their end by the time that is asked about; then the former setting does', async () => {
    await set('b', 1, { account: ALICE, limit: '1.00' }, 2);
    await set('b', 2, { account: ALICE, limit: '2.00', validUntil: day(20) }, 4);
    expect(await limits(day(19), day(5))).toEqual([['b', '2.00']]);
    expect(await limits(day(20), day(5))).toEqual([['b', '1.00']]);
    expect(await limits(day(19), day(3))).toEqual([['b', '1.00']]);
    // Set for what is over by now, and still told of a time before its end.
    expect(await limits(day(19))).toEqual([['b', '2.00']]);
    expect(await limits(undefined)).toEqual([['b', '1.00']]);
  });

  it('are defaults while no own one was known in force', async () => {
    await set('each', 1, { account: 'user:*', limit: '7.00' }, 2);
    await set('own', 1, { account: ALICE, limit: null, validUntil: day(20) }, 4);
    await set('own', 2, null, 6);
    expect(await limits(day(10), day(3))).toEqual([['each', '7.00']]);
    expect(await limits(day(10), day(5))).toEqual([['own', null]]);
    expect(await limits(day(20), day(5))).toEqual([['each', '7.00']]);
    expect(await limits(day(10), day(7))).toEqual([['each', '7.00']]);
  });

  it('are the highest revision known, in whatever order they came, of any partition, by their ids', async () => {
    await set('b', 2, { account: ALICE, limit: '2.00' }, 4);
    await set('b', 1, { account: ALICE, limit: '1.00' }, 6);
    const ids = ['z', 'a', 'm', 'B', 'q', '0'];
    for (const id of ids) await set(id, 1, { account: ALICE }, 8);
    expect(await limits(day(10), day(7))).toEqual([['b', '2.00']]);
    expect((await limits(day(10), day(9))).map(([id]) => id)).toEqual([...ids, 'b'].sort());
  });
});
