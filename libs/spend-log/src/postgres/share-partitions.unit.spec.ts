import fc from 'fast-check';
import { propertyOptions } from '#libs/testing';
import { sharePartitions, type Lease } from './share-partitions';

describe('sharing partitions', () => {
  it('gives the only reader all of them', () => {
    expect(sharePartitions(leases(null, null, null), ['a'], 'a')).toEqual([0, 1, 2]);
  });

  it('keeps what a reader has and takes nothing from another', () => {
    expect(sharePartitions(leases('b', 'a', 'b', null), ['a', 'b'], 'a')).toEqual([1, 3]);
    expect(sharePartitions(leases('b', 'a', 'b', 'b'), ['a', 'b'], 'a')).toEqual([1]);
  });

  it('gives up what is over the share', () => {
    expect(sharePartitions(leases('a', 'a', 'a', 'a'), ['a', 'b'], 'a')).toEqual([0, 1]);
  });

  // Hypothesis: from some division, deciding one after the other, readers never come to an even one.
  it('comes to an even division from any, in any order of deciding', () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const start = fc.record({
      owners: fc.array(fc.constantFrom(...names, null), { minLength: 1, maxLength: 24 }),
      living: fc.subarray(names, { minLength: 1 }),
      orders: fc.array(fc.shuffledSubarray(names, { minLength: 5 }), {
        minLength: 2,
        maxLength: 2,
      }),
    });
    fc.assert(
      fc.property(start, ({ owners, living, orders }) => {
        let owned = owners.map((owner) => (owner && living.includes(owner) ? owner : null));
        for (const reader of orders.flat().filter((name) => living.includes(name))) {
          const share = sharePartitions(leases(...owned), living, reader);
          const taken = share.filter((partition) => ![null, reader].includes(owned[partition]!));
          expect(taken).toEqual([]);
          owned = owned.map((owner, partition) =>
            share.includes(partition) ? reader : owner === reader ? null : owner,
          );
        }
        const counts = living.map((name) => owned.filter((owner) => owner === name).length);
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
        expect(owned).not.toContain(null);
      }),
      propertyOptions(500),
    );
  });
});

function leases(...owners: readonly (string | null)[]): Lease[] {
  return owners.map((owner, partition) => ({ partition, owner }));
}
