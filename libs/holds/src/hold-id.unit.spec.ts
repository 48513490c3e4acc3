import fc from 'fast-check';
import { createdAtOfHoldId, instantOf, partitionOfHoldId } from '#libs/ledger';
import { propertyOptions } from '#libs/testing';
import { newHoldId } from './hold-id';

const NOW = instantOf('2026-04-27T10:00:00Z');

describe('the id of a hold', () => {
  it('leads to its partition', () => {
    const leads = (partition: number, laterMs: number) => {
      const holdId = newHoldId(partition, NOW + BigInt(laterMs) * 1000n);
      expect(partitionOfHoldId(holdId)).toBe(partition);
    };
    const partitions = fc.integer({ min: 0, max: 4095 });
    const millis = fc.integer({ min: 0, max: 1e12 });
    fc.assert(fc.property(partitions, millis, leads), propertyOptions(1000));
  });

  it('says when the hold was taken, to the millisecond', () => {
    expect(createdAtOfHoldId(newHoldId(7, NOW + 1_999n))).toBe(NOW + 1000n);
    expect(createdAtOfHoldId('hold-1')).toBeUndefined();
  });

  it('comes after those of before', () => {
    expect(newHoldId(0, NOW + 1000n) > newHoldId(4095, NOW)).toBe(true);
  });

  it.each([
    '',
    'hold-1',
    '0197c0de-0000-7000-8000-000100000000',
    '0197C0DE-0000-8000-8000-000100000000',
  ])('is none: %j', (text) => {
    expect(partitionOfHoldId(text)).toBeUndefined();
  });
});
