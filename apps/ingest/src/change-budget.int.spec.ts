import type { KyselyPlugin } from 'kysely';
import { ANYBODY } from '#libs/access';
import { readBudgetInForce } from '#libs/balances';
import { formatMoney, parseBudget, partitionOfBudget, type Budget } from '#libs/ledger';
import { Database } from '#libs/postgres';
import {
  createTestDatabase,
  openTestLog,
  projectLog,
  TEST_PARTITIONS,
  type TestDatabase,
} from '#libs/testing';
import { ClaimRestoration } from './claim-restoration';
import type { ChangeRequest, Precondition } from './budget-change';
import { BudgetChanger, type ChangeLimits } from './change-budget';
import { OutboxRelay } from './outbox-relay';

const PARTITION = partitionOfBudget('b', TEST_PARTITIONS);
const HOUR_MS = 3_600_000;

describe('changing a budget', () => {
  let db: TestDatabase;
  /** Two hours later. */
  let later: Database;
  let projecting: Promise<void>;

  beforeEach(async () => {
    db = await createTestDatabase();
    later = new Database({ ...db.options, clockOffsetMs: 2 * HOUR_MS });
    projecting = Promise.resolve();
  });
  afterEach(async () => {
    await projecting;
    await later.close();
    await db.drop();
  });

  /** Brings what was claimed to the log and into the projection. */
  const project = async () => {
    const options = { pollMs: 1, retryMs: 1, maxBatch: 100, onError: () => undefined };
    await new OutboxRelay(db.database, openTestLog(db.database), options).relayOnce();
    await projectLog(db.database);
  };
  const wake = () => {
    projecting = projecting.then(project);
  };
  const admin = (database = db.database, limits: Partial<ChangeLimits> = {}, wakes = wake) =>
    new BudgetChanger(database, { wake: wakes }, new ClaimRestoration(database), TEST_PARTITIONS, {
      applyWaitMs: 10_000,
      maxAttempts: 10,
      maxPerAccount: 100,
      ...limits,
    });
  /** An administrator whose changes lie in the outbox, and who does not wait for them. */
  const unheard = (maxAttempts = 10) =>
    admin(db.database, { applyWaitMs: 0, maxAttempts }, () => undefined);
  const set = (limit: string, ifMatch?: Precondition, changer = admin()) =>
    changer.set(budgetOf({ limit }), request(ifMatch));
  const inForce = async (database = db.database) => {
    const stored = await readBudgetInForce(database, 'b', PARTITION);
    if (!stored) return undefined;
    return [stored.revision, stored.budget && formatMoney(stored.budget.limitPico!)];
  };

  it('answers when the change is in force, and how it stands', async () => {
    const changed = await set('10.00');
    expect(changed).toMatchObject({
      outcome: 'changed',
      created: true,
      revision: 1,
      applied: true,
      position: `${PARTITION}:1`,
      status: { spentPico: 0n, remainingPico: 10n * 10n ** 12n, verdict: 'ok' },
    });
    expect(await inForce()).toEqual([1, '10.00']);
    expect(await set('20.00')).toMatchObject({ created: false, revision: 2 });
    expect(await inForce()).toEqual([2, '20.00']);
  });

  it('is for good also when it is not seen in force in time', async () => {
    const changed = await set('10.00', undefined, unheard());
    expect(changed).toMatchObject({ outcome: 'changed', applied: false, position: '' });
    expect(await inForce()).toBeUndefined();
    await project();
    expect(await inForce()).toEqual([1, '10.00']);
  });

  it('lets one of two administrators change what both have read', async () => {
    await set('10.00');
    const outcomes = await Promise.all([
      set('20.00', { revision: 1 }),
      set('30.00', { revision: 1 }, admin(later)),
    ]);
    expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual(['changed', 'etag_mismatch']);
    const winner = outcomes[0].outcome === 'changed' ? '20.00' : '30.00';
    expect(await inForce()).toEqual([2, winner]);
  });

  it.each([1, 2, 3, 4])(
    'refuses what was read before another change, made after statement %i of this one',
    async (statement) => {
      await set('10.00');
      const interrupted = interruptedAfter(statement, db.database, async () => {
        await set('20.00');
      });
      const late = await set('30.00', { revision: 1 }, admin(interrupted.database));
      expect([interrupted.happened(), late.outcome]).toEqual([true, 'etag_mismatch']);
      expect(await inForce()).toEqual([2, '20.00']);
    },
  );

  it('lets all of many succeed that do not ask for a revision, the last one winning', async () => {
    const limits = ['1.00', '2.00', '3.00', '4.00', '5.00'];
    const outcomes = await Promise.all(
      limits.map((limit, n) => set(limit, undefined, n % 2 ? admin() : admin(later))),
    );
    const revisions = outcomes.map((each) => (each.outcome === 'changed' ? each.revision : 0));
    expect([...revisions].sort()).toEqual([1, 2, 3, 4, 5]);
    expect(await inForce()).toEqual([5, limits[revisions.indexOf(5)]]);
  });

  it('gives up when others are faster every time', async () => {
    for (const limit of ['1.00', '2.00', '3.00']) await set(limit, undefined, unheard());
    expect(await set('9.00', undefined, unheard(3))).toEqual({ outcome: 'contended' });
    expect(await set('9.00', undefined, unheard(4))).toMatchObject({ revision: 4 });
  });

  it('knows a revision that it gave out and the projection does not have yet', async () => {
    await set('10.00', undefined, unheard());
    const change = set('20.00', { revision: 1 });
    wake();
    expect(await change).toMatchObject({ outcome: 'changed', revision: 2 });
  });

  it.each<[string, () => Promise<unknown>]>([
    ['removes', () => admin().remove('b', request())],
    ['changes, if there is one,', () => set('20.00', { any: true })],
  ])('%s what was set and the projection does not have yet', async (_, change) => {
    await set('10.00', undefined, unheard());
    await set('11.00', undefined, unheard());
    const changed = change();
    wake();
    expect(await changed).toMatchObject({ outcome: 'changed', revision: 3 });
  });

  it('does not say that there is none while the projection may be without it', async () => {
    await set('10.00', undefined, unheard());
    expect(await unheard().remove('b', request())).toEqual({ outcome: 'contended' });
    expect(await set('20.00', { any: true }, unheard())).toEqual({ outcome: 'contended' });
    expect(await set('20.00', { revision: 1 }, unheard())).toEqual({ outcome: 'contended' });
    await project();
    expect(await unheard().remove('b', request())).toMatchObject({ outcome: 'changed' });
    await project();
    expect(await unheard().remove('b', request())).toEqual({ outcome: 'not_found' });
  });

  it('refuses a precondition that nothing meets', async () => {
    const refused = { outcome: 'etag_mismatch' };
    expect(await set('10.00', { any: true })).toEqual(refused);
    await set('10.00');
    expect(await set('20.00', { revision: 7 }, unheard())).toEqual(refused);
    expect(await set('20.00', { any: true })).toMatchObject({ revision: 2 });
    expect(await admin().remove('b', request({ revision: 1 }))).toEqual(refused);
    expect(await inForce()).toEqual([2, '20.00']);
  });

  it('removes, and what was removed can be set again', async () => {
    expect(await admin().remove('b', request())).toEqual({ outcome: 'not_found' });
    await set('10.00');
    expect(await admin().remove('b', request({ revision: 1 }))).toMatchObject({
      outcome: 'changed',
      applied: true,
      status: undefined,
    });
    expect(await inForce()).toEqual([2, null]);
    expect(await admin().remove('b', request())).toEqual({ outcome: 'not_found' });
    expect(await set('20.00', { revision: 2 })).toEqual({ outcome: 'etag_mismatch' });
    expect(await set('20.00')).toMatchObject({ created: true, revision: 3 });
  });

  it('returns to the former setting after validUntil', async () => {
    await set('10.00');
    const validUntil = new Date(Date.now() + HOUR_MS).toISOString();
    await admin().set(budgetOf({ limit: '99.00', validUntil }), request());
    expect(await inForce()).toEqual([2, '99.00']);
    expect(await inForce(later)).toEqual([1, '10.00']);
    const changed = await set('20.00', { revision: 1 }, admin(later));
    expect(changed).toMatchObject({ outcome: 'changed', created: false, revision: 3 });
    expect(await inForce()).toEqual([3, '20.00']);
  });

  it('previews what it would answer, and changes nothing', async () => {
    await set('10.00');
    const preview = await admin().preview(budgetOf({ limit: '20.00' }), request({ revision: 1 }));
    expect(preview).toMatchObject({ outcome: 'changed', created: false, applied: false });
    const refused = await admin().preview(budgetOf({ limit: '20.00' }), request({ revision: 2 }));
    expect(refused).toEqual({ outcome: 'etag_mismatch' });
    expect(await db.database.kysely.selectFrom('event_claim').selectAll().execute()).toHaveLength(
      1,
    );
    expect(await inForce()).toEqual([1, '10.00']);
  });
});

function budgetOf(settings: object): Budget {
  const account = { account: 'user:alice', window: { type: 'total' } };
  const read = parseBudget('b', { ...account, ...settings });
  if (!read.ok) throw new Error('not a budget');
  return read.value;
}

function request(ifMatch?: Precondition): ChangeRequest {
  return { caller: ANYBODY, ifMatch };
}

/** The same database, in which something happens after so many statements of whoever uses it. */
function interruptedAfter(
  statement: number,
  database: Database,
  happen: () => Promise<void>,
): { database: Database; happened: () => boolean } {
  let count = 0;
  const plugin: KyselyPlugin = {
    transformQuery: ({ node }) => node,
    transformResult: async ({ result }) => {
      count += 1;
      if (count === statement) await happen();
      return result;
    },
  };
  const kysely = { value: database.kysely.withPlugin(plugin) };
  return {
    database: Object.create(database, { kysely }) as Database,
    happened: () => count >= statement,
  };
}
