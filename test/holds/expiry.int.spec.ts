import { sql } from 'kysely';
import type { OnExpiry } from '#libs/holds';
import { instantOf, type Scope } from '#libs/ledger';
import { projectionDifferences } from '#libs/testing';
import { RealParts } from './support/real-parts';
import { extend, release, settle, spendFor, take } from './support/requests';

const ALICE: Scope = { type: 'user', userId: 'alice' };
const TAKEN_AT = '2026-04-27T10:00:00Z';
const EXPIRES_AT = '2026-04-27T10:01:00Z';

describe('a hold that nobody has ended when it expires', () => {
  let real: RealParts;

  beforeEach(async () => {
    real = await RealParts.start(TAKEN_AT);
  });
  afterEach(() => real.stop());

  async function takeOne(onExpiry: OnExpiry): Promise<string> {
    const [taken] = (await real.flush(0, [{ ...take(ALICE, 5n), ttlSeconds: 60, onExpiry }]))!;
    return (taken as typeof taken & { outcome: 'taken' }).hold.holdId;
  }
  const expire = () => real.clock.set(instantOf(EXPIRES_AT));
  const projectAll = async () => {
    for (let partition = 0; partition < 12; partition++) await real.project(partition, 100);
  };
  const arrive = async () => {
    // A correction goes after what it corrects.
    for (let n = 0; n < 2; n++) await real.relay(100, 'never');
    await projectAll();
    expect(await real.underWay()).toEqual({ outbox: 0, settling: 0 });
    expect(await projectionDifferences(real.db.database)).toEqual([]);
  };
  const spentAndHeld = async () => [
    (await real.spent()).get('user:alice') ?? 0n,
    (await real.held()).get('user:alice'),
  ];
  const events = async () =>
    (
      await sql<object>`
        select basis, amount, stated, adjustment, metadata, to_char(time, 'HH24:MI:SS') as time
        from spend_event order by log_offset`.execute(real.db.database.kysely)
    ).rows;

  it.each([
    ['release', 0n, []],
    ['unknown', 0n, ['unknown']],
    ['charge', 5n, ['charge']],
  ] as const)('and is to %s holds %s, and makes as much an event', async (onExpiry, held, made) => {
    await takeOne(onExpiry);
    expect(await real.expire(0, 100)).toEqual([]);
    await expire();
    expect(await spentAndHeld()).toEqual([0n, held]);
    expect(await real.expire(0, 100)).toEqual(made);
    expect(await spentAndHeld()).toEqual([0n, held]);
    expect(await real.expire(1, 100)).toEqual([]);
    await arrive();
    expect(await spentAndHeld()).toEqual([held, 0n]);
  });

  it('is on record with what is known: what was held as an estimate, or no amount', async () => {
    await takeOne('charge');
    await takeOne('unknown');
    await expire();
    await real.clock.advance(3_000_000n);
    await real.expire(0, 100);
    await arrive();
    const at = { time: '10:01:00', stated: null, adjustment: null };
    const all = await events();
    expect(all).toHaveLength(2);
    expect(all).toEqual(
      expect.arrayContaining([
        { ...at, basis: 'estimated', amount: '0.000000000005', metadata: { onExpiry: 'charge' } },
        { ...at, basis: 'unknown', amount: null, metadata: { onExpiry: 'unknown' } },
      ]),
    );
  });

  it('makes one event, however many auths look at the same instant', async () => {
    for (let n = 0; n < 20; n++) await takeOne(n % 2 === 0 ? 'charge' : 'unknown');
    await expire();
    const made = await Promise.all([0, 1, 0, 1].map((auth) => real.expire(auth, 100)));
    expect(made.flat()).toHaveLength(20);
    await arrive();
    expect(await spentAndHeld()).toEqual([50n, 0n]);
  });

  it('makes none when the auth dies before its commit, and then another auth makes it', async () => {
    await takeOne('charge');
    await expire();
    for (const statement of [0, 1, 2, 3, 4, 5]) {
      expect(await real.expire(0, 100, statement)).toBeUndefined();
      expect(await spentAndHeld()).toEqual([0n, 5n]);
    }
    expect(await real.underWay()).toEqual({ outbox: 0, settling: 0 });
    expect(await real.expire(1, 100)).toEqual(['charge']);
  });

  it('is settled either by its caller or by its expiry, when both come at once', async () => {
    const holdId = await takeOne('charge');
    await expire();
    const [made, settled] = await Promise.all([
      real.expire(0, 100),
      real.flush(1, [settle(holdId, 3n)]),
    ]);
    expect(settled).toMatchObject([{ outcome: 'settled', late: true, isRepeated: false }]);
    await arrive();
    expect(await spentAndHeld()).toEqual([3n, 0n]);
    expect(await events()).toHaveLength(made!.length + 1);
  });

  it.each(['charge', 'unknown'] as const)(
    'costs what its caller says first afterwards: of one to %s',
    async (onExpiry) => {
      const holdId = await takeOne(onExpiry);
      await expire();
      await real.expire(0, 100);
      const said = { outcome: 'settled', late: true, overrunPico: 2n };
      expect(await real.flush(0, [settle(holdId, 7n), settle(holdId, 7n)])).toMatchObject([
        { ...said, isRepeated: false },
        { ...said, isRepeated: true },
      ]);
      expect(
        await real.flush(1, [
          ...[settle(holdId, 7n), settle(holdId, 6n)],
          ...[release(holdId), extend(holdId, 9n)],
        ]),
      ).toMatchObject([
        { ...said, isRepeated: true },
        ...Array.from({ length: 3 }, () => ({ outcome: 'ended' })),
      ]);
      await arrive();
      expect(await spentAndHeld()).toEqual([7n, 0n]);
      expect((await events()).at(-1)).toMatchObject({ adjustment: 'amend', time: '10:01:00' });
    },
  );

  it('stays charged where its caller does not know the cost either', async () => {
    const holdId = await takeOne('charge');
    await expire();
    await real.expire(0, 100);
    const unknown = { ...settle(holdId, 0n), cost: { basis: 'unknown' } } as const;
    expect(await real.flush(0, [unknown, unknown, settle(holdId, 3n)])).toMatchObject([
      { outcome: 'settled', isRepeated: false },
      { outcome: 'settled', isRepeated: true },
      { outcome: 'ended' },
    ]);
    await arrive();
    expect(await spentAndHeld()).toEqual([5n, 0n]);
  });

  it('is corrected on the log after its event, whichever relay comes first', async () => {
    const holdId = await takeOne('charge');
    await expire();
    await real.expire(0, 100);
    await real.flush(0, [settle(holdId, 3n)]);
    const waiting = Promise.withResolvers<void>();
    const locked = Promise.withResolvers<void>();
    const first = real.db.database.atomically(async (client) => {
      const text = 'select id from outbox order by id limit 1 for update';
      await client.prepared({ name: 'lock-first', text }, []);
      locked.resolve();
      await waiting.promise;
    });
    await locked.promise;
    await real.relay(100, 'never');
    expect(await real.underWay()).toMatchObject({ outbox: 2 });
    waiting.resolve();
    await first;
    await arrive();
    expect(await spentAndHeld()).toEqual([3n, 0n]);
  });

  it('costs what a spend that names it says, once', async () => {
    const holdId = await takeOne('charge');
    await expire();
    await real.expire(0, 100);
    const spend = spendFor(ALICE, holdId, 3n, instantOf(TAKEN_AT));
    expect(await real.record(spend, 'never')).toMatchObject({ outcome: 'recorded' });
    await arrive();
    expect(await spentAndHeld()).toEqual([3n, 0n]);
    expect(await real.record(spend, 'never')).toMatchObject({ duplicate: true });
    expect(await real.flush(0, [settle(holdId, 3n), settle(holdId, 4n)])).toMatchObject([
      { outcome: 'settled', isRepeated: true, event: { source: 'gateway', id: spend.id } },
      { outcome: 'ended' },
    ]);
    await arrive();
    expect(await spentAndHeld()).toEqual([3n, 0n]);
  });

  it('is another request under the same key, where something else is to become of it', async () => {
    const asked = { ...take(ALICE, 5n, 'key'), ttlSeconds: 60 };
    const onExpiry = 'charge' as const;
    expect(
      await real.flush(0, [{ ...asked, onExpiry }, asked, { ...asked, onExpiry }]),
    ).toMatchObject([
      { outcome: 'taken', hold: { onExpiry } },
      { outcome: 'key_reused' },
      { outcome: 'taken', isRepeated: true },
    ]);
  });
});
