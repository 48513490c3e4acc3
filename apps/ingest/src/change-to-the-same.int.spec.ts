import {
  budgetOf,
  ChangedLedger,
  HOUR_MS,
  interruptedAfter,
  request,
} from './changed-ledger.fixture';

describe('changing a budget to what it is', () => {
  let ledger: ChangedLedger;

  beforeEach(async () => {
    ledger = await ChangedLedger.create();
  });
  afterEach(() => ledger.drop());

  const unchanged = { outcome: 'changed', created: false, applied: true, revision: 1 };
  const revisions = async () => (await claims()).length;
  const claims = () => ledger.db.database.kysely.selectFrom('event_claim').selectAll().execute();

  it('makes no revision, and answers with what is in force as that is spelled', async () => {
    const week = { window: { type: 'every', duration: 'P1W', anchor: '2026-04-01T00:00:00Z' } };
    const days = { window: { ...week.window, duration: 'P7D' } };
    const first = await ledger
      .admin()
      .set(budgetOf({ limit: '10', warnAt: ['0.8'], ...week }), request());
    const again = budgetOf({ limit: '10.00', warnAt: ['0.80'], ...days });
    const { position } = first as { position: string };
    const given = budgetOf({ limit: '10', warnAt: ['0.8'], ...week });
    for (const ifMatch of [undefined, { any: true } as const, { revision: 1 }]) {
      expect(await ledger.admin().set(again, request(ifMatch))).toMatchObject({
        ...unchanged,
        budget: given,
        position,
        status: { budget: given },
      });
      expect(await ledger.admin().preview(again, request(ifMatch))).toMatchObject({
        revision: 1,
        budget: given,
      });
    }
    expect(await revisions()).toBe(1);
    expect(await ledger.admin().set(again, request({ revision: 2 }))).toEqual({
      outcome: 'etag_mismatch',
    });
  });

  it('makes a revision where another change is on its way that it has to win over', async () => {
    await ledger.set('10.00');
    await ledger.set('20.00', undefined, ledger.unheard());
    expect(await ledger.set('10.00')).toMatchObject({ revision: 3, created: false });
    expect(await ledger.inForce()).toEqual([3, '10.00']);
  });

  it.each([1, 2, 3])(
    'is the last word also where another change comes after its statement %i',
    async (statement) => {
      await ledger.set('10.00');
      const interrupted = interruptedAfter(statement, ledger.db.database, async () => {
        await ledger.set('20.00');
      });
      const changed = await ledger.set('10.00', undefined, ledger.admin(interrupted.database));
      expect(interrupted.happened()).toBe(true);
      // It came after the other change, so it says what is in force.
      expect(changed).toMatchObject({ outcome: 'changed', revision: 3 });
      expect(await ledger.inForce()).toEqual([3, '10.00']);
    },
  );

  it('is one revision of two who ask for it at the same time', async () => {
    const both = await Promise.all([
      ledger.set('10.00'),
      ledger.set('10', undefined, ledger.admin(ledger.later)),
    ]);
    expect(both).toMatchObject([{ revision: 1 }, { revision: 1 }]);
    expect(await revisions()).toBe(1);
  });

  it('makes a revision after all where the same was asked for before the last change', async () => {
    await ledger.set('10.00');
    for (const limit of ['20.00', '30.00']) await ledger.set(limit, undefined, ledger.unheard());
    expect(await ledger.set('20.00')).toMatchObject({ revision: 4 });
    expect(await ledger.inForce()).toEqual([4, '20.00']);
  });

  it('is refused to a second one who asks for it of the same revision', async () => {
    await ledger.set('10.00');
    await ledger.set('20.00', { revision: 1 }, ledger.unheard());
    const second = await ledger.set('20.00', { revision: 1 }, ledger.unheard());
    expect(second).toEqual({ outcome: 'etag_mismatch' });
  });

  it('makes no revision of what has ended, nor after it of what holds again', async () => {
    await ledger.set('10.00');
    const validUntil = new Date(Date.now() + HOUR_MS).toISOString();
    const ended = budgetOf({ limit: '99.00', validUntil });
    await ledger.admin().set(ended, request());
    const after = ledger.admin(ledger.later);
    expect(await after.set(ended, request())).toMatchObject({ ...unchanged, revision: 2 });
    expect(await ledger.set('10.00', { revision: 1 }, after)).toMatchObject(unchanged);
    expect(await revisions()).toBe(2);
    expect(await ledger.inForce(ledger.later)).toEqual([1, '10.00']);
  });

  it('makes a revision of what was removed', async () => {
    await ledger.set('10.00');
    await ledger.admin().remove('b', request());
    expect(await ledger.set('10.00')).toMatchObject({ revision: 3, created: true });
  });
});
