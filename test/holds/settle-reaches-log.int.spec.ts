import { instantOf, type Scope } from '#libs/ledger';
import { projectionDifferences } from '#libs/testing';
import { RealParts } from './support/real-parts';
import { settle, spendFor, take } from './support/requests';

const ALICE: Scope = { type: 'user', userId: 'alice' };
const NOW = '2026-04-27T10:00:00Z';

describe('what settles a hold', () => {
  let real: RealParts;

  beforeEach(async () => {
    real = await RealParts.start(NOW);
  });
  afterEach(() => real.stop());

  const projectAll = async () => {
    for (let partition = 0; partition < 12; partition++) await real.project(partition, 100);
  };
  const spentAndHeld = async () => [
    (await real.spent()).get('user:alice') ?? 0n,
    (await real.held()).get('user:alice'),
  ];
  const takeOne = async () => {
    const [taken] = (await real.flush(0, [take(ALICE, 5n)]))!;
    return (taken as typeof taken & { outcome: 'taken' }).hold.holdId;
  };

  it.each([
    ['before its append', 'before', [0n, 3n]],
    ['after its append', 'after', [3n, 0n]],
  ] as const)(
    'counts at every moment, and once, when the relay is killed %s',
    async (_, dies, then) => {
      await real.flush(0, [settle(await takeOne(), 3n)]);
      expect(await spentAndHeld()).toEqual([0n, 3n]);
      await real.relay(100, dies);
      expect(await spentAndHeld()).toEqual([0n, 3n]);
      await projectAll();
      expect(await spentAndHeld()).toEqual(then);
      await real.relay(100, 'never');
      await projectAll();
      expect(await spentAndHeld()).toEqual([3n, 0n]);
      expect(await real.underWay()).toEqual({ outbox: 0, settling: 0 });
      expect(await projectionDifferences(real.db.database)).toEqual([]);
    },
  );

  it.each(['before', 'after'] as const)(
    'reaches the log though its recorder is killed, %s the append, and nobody sends it again',
    async (dies) => {
      const spend = spendFor(ALICE, await takeOne(), 3n, instantOf(NOW));
      expect(await real.record(spend, dies)).toBeUndefined();
      expect(await spentAndHeld()).toEqual([0n, 3n]);
      await real.relay(100, 'never');
      await projectAll();
      expect(await spentAndHeld()).toEqual([3n, 0n]);
      expect(await real.underWay()).toEqual({ outbox: 0, settling: 0 });
    },
  );

  it('is nowhere when the auth dies before its commit, and may be said again', async () => {
    const holdId = await takeOne();
    for (const statement of [0, 1, 2, 3, 4, 5]) {
      expect(await real.flush(0, [settle(holdId, 3n)], statement)).toBeUndefined();
      expect(await spentAndHeld()).toEqual([0n, 5n]);
    }
    expect(await real.underWay()).toEqual({ outbox: 0, settling: 0 });
    expect(await real.flush(1, [settle(holdId, 3n)])).toMatchObject([
      { outcome: 'settled', isRepeated: false },
    ]);
  });
});
