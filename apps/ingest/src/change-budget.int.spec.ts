import {
  budgetOf,
  ChangedLedger,
  HOUR_MS,
  interruptedAfter,
  PARTITION,
  request,
} from './changed-ledger.fixture';

describe('changing a budget', () => {
  let ledger: ChangedLedger;

  beforeEach(async () => {
    ledger = await ChangedLedger.create();
  });
  afterEach(() => ledger.drop());

  it('answers when the change is in force, and how it stands', async () => {
    const changed = await ledger.set('10.00');
    expect(changed).toMatchObject({
      outcome: 'changed',
      created: true,
      revision: 1,
      applied: true,
      position: `${PARTITION}:1`,
      status: { spentPico: 0n, remainingPico: 10n * 10n ** 12n, verdict: 'ok' },
    });
    expect(await ledger.inForce()).toEqual([1, '10.00']);
    expect(await ledger.set('20.00')).toMatchObject({ created: false, revision: 2 });
    expect(await ledger.inForce()).toEqual([2, '20.00']);
  });

  it('is for good also when it is not seen in force in time', async () => {
    const changed = await ledger.set('10.00', undefined, ledger.unheard());
    expect(changed).toMatchObject({ outcome: 'changed', applied: false, position: '' });
    expect(await ledger.inForce()).toBeUndefined();
    await ledger.project();
    expect(await ledger.inForce()).toEqual([1, '10.00']);
  });

  it('lets one of two administrators change what both have read', async () => {
    await ledger.set('10.00');
    const outcomes = await Promise.all([
      ledger.set('20.00', { revision: 1 }),
      ledger.set('30.00', { revision: 1 }, ledger.admin(ledger.later)),
    ]);
    expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual(['changed', 'etag_mismatch']);
    const winner = outcomes[0].outcome === 'changed' ? '20.00' : '30.00';
    expect(await ledger.inForce()).toEqual([2, winner]);
  });

  it.each([1, 2, 3, 4])(
    'refuses what was read before another change, made after statement %i of this one',
    async (statement) => {
      await ledger.set('10.00');
      const interrupted = interruptedAfter(statement, ledger.db.database, async () => {
        await ledger.set('20.00');
      });
      const late = await ledger.set('30.00', { revision: 1 }, ledger.admin(interrupted.database));
      expect([interrupted.happened(), late.outcome]).toEqual([true, 'etag_mismatch']);
      expect(await ledger.inForce()).toEqual([2, '20.00']);
    },
  );

  it('lets all of many succeed that do not ask for a revision, the last one winning', async () => {
    const limits = ['1.00', '2.00', '3.00', '4.00', '5.00'];
    const outcomes = await Promise.all(
      limits.map((limit, n) =>
        ledger.set(limit, undefined, n % 2 ? ledger.admin() : ledger.admin(ledger.later)),
      ),
    );
    const revisions = outcomes.map((each) => (each.outcome === 'changed' ? each.revision : 0));
    expect([...revisions].sort()).toEqual([1, 2, 3, 4, 5]);
    expect(await ledger.inForce()).toEqual([5, limits[revisions.indexOf(5)]]);
  });

  it('gives up when others are faster every time', async () => {
    for (const limit of ['1.00', '2.00', '3.00'])
      await ledger.set(limit, undefined, ledger.unheard());
    expect(await ledger.set('9.00', undefined, ledger.unheard(3))).toEqual({
      outcome: 'contended',
    });
    expect(await ledger.set('9.00', undefined, ledger.unheard(4))).toMatchObject({ revision: 4 });
  });

  it('knows a revision that it gave out and the projection does not have yet', async () => {
    await ledger.set('10.00', undefined, ledger.unheard());
    const change = ledger.set('20.00', { revision: 1 });
    ledger.wake();
    expect(await change).toMatchObject({ outcome: 'changed', revision: 2 });
  });

  it.each<[string, () => Promise<unknown>]>([
    ['removes', () => ledger.admin().remove('b', request())],
    ['changes, if there is one,', () => ledger.set('20.00', { any: true })],
  ])('%s what was set and the projection does not have yet', async (_, change) => {
    await ledger.set('10.00', undefined, ledger.unheard());
    await ledger.set('11.00', undefined, ledger.unheard());
    const changed = change();
    ledger.wake();
    expect(await changed).toMatchObject({ outcome: 'changed', revision: 3 });
  });

  it('does not say that there is none while the projection may be without it', async () => {
    await ledger.set('10.00', undefined, ledger.unheard());
    expect(await ledger.unheard().remove('b', request())).toEqual({ outcome: 'contended' });
    expect(await ledger.set('20.00', { any: true }, ledger.unheard())).toEqual({
      outcome: 'contended',
    });
    expect(await ledger.set('20.00', { revision: 1 }, ledger.unheard())).toEqual({
      outcome: 'contended',
    });
    await ledger.project();
    expect(await ledger.unheard().remove('b', request())).toMatchObject({ outcome: 'changed' });
    await ledger.project();
    expect(await ledger.unheard().remove('b', request())).toEqual({ outcome: 'not_found' });
  });

  it('refuses a precondition that nothing meets', async () => {
    const refused = { outcome: 'etag_mismatch' };
    expect(await ledger.set('10.00', { any: true })).toEqual(refused);
    await ledger.set('10.00');
    expect(await ledger.set('20.00', { revision: 7 }, ledger.unheard())).toEqual(refused);
    expect(await ledger.set('20.00', { any: true })).toMatchObject({ revision: 2 });
    expect(await ledger.admin().remove('b', request({ revision: 1 }))).toEqual(refused);
    expect(await ledger.inForce()).toEqual([2, '20.00']);
  });

  it('removes, and what was removed can be set again', async () => {
    expect(await ledger.admin().remove('b', request())).toEqual({ outcome: 'not_found' });
    await ledger.set('10.00');
    expect(await ledger.admin().remove('b', request({ revision: 1 }))).toMatchObject({
      outcome: 'changed',
      applied: true,
      status: undefined,
    });
    expect(await ledger.inForce()).toEqual([2, null]);
    expect(await ledger.admin().remove('b', request())).toEqual({ outcome: 'not_found' });
    expect(await ledger.set('20.00', { revision: 2 })).toEqual({ outcome: 'etag_mismatch' });
    expect(await ledger.set('20.00')).toMatchObject({ created: true, revision: 3 });
  });

  it('returns to the former setting after validUntil', async () => {
    await ledger.set('10.00');
    const validUntil = new Date(Date.now() + HOUR_MS).toISOString();
    await ledger.admin().set(budgetOf({ limit: '99.00', validUntil }), request());
    expect(await ledger.inForce()).toEqual([2, '99.00']);
    expect(await ledger.inForce(ledger.later)).toEqual([1, '10.00']);
    const changed = await ledger.set('20.00', { revision: 1 }, ledger.admin(ledger.later));
    expect(changed).toMatchObject({ outcome: 'changed', created: false, revision: 3 });
    expect(await ledger.inForce()).toEqual([3, '20.00']);
  });

  it('previews what it would answer, and changes nothing', async () => {
    await ledger.set('10.00');
    const preview = await ledger
      .admin()
      .preview(budgetOf({ limit: '20.00' }), request({ revision: 1 }));
    expect(preview).toMatchObject({ outcome: 'changed', created: false, applied: false });
    const refused = await ledger
      .admin()
      .preview(budgetOf({ limit: '20.00' }), request({ revision: 2 }));
    expect(refused).toEqual({ outcome: 'etag_mismatch' });
    expect(
      await ledger.db.database.kysely.selectFrom('event_claim').selectAll().execute(),
    ).toHaveLength(1);
    expect(await ledger.inForce()).toEqual([1, '10.00']);
  });
});
