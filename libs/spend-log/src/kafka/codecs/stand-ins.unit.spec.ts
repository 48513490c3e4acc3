import { CompressionCodecs } from 'kafkajs';
import { batchOf, decodeBatches } from '#libs/testing';
import { registerCodecs } from './codecs';
import { undecodableReason } from './stand-ins';

const NO_RECORDS = Buffer.from('no records');

beforeAll(() => registerCodecs());

describe('stand-ins for a batch', () => {
  it('keep the offset of the last record where others were compacted away', async () => {
    const compacted = batchOf({ codec: 5, count: 3, payload: NO_RECORDS, lastOffsetDelta: 9 });
    const next = batchOf({ codec: 5, count: 1, payload: NO_RECORDS, firstOffset: 10 });
    expect(await offsetsOf(compacted, next)).toEqual(['0', '1', '9', '10']);
  });

  it('have an offset each when the header is broken', async () => {
    const broken = batchOf({ codec: 5, count: 3, payload: NO_RECORDS, lastOffsetDelta: -7 });
    expect(await offsetsOf(broken)).toEqual(['0', '1', '2']);
  });

  it('are as many as kafkajs can pass on', async () => {
    const large = batchOf({ codec: 5, count: 100_000, payload: NO_RECORDS });
    expect(await decodeBatches(large)).toHaveLength(100_000);
  });
});

describe('a batch that nothing can stand in for', () => {
  it('has more records than kafkajs can pass on', async () => {
    const larger = batchOf({ codec: 0, count: 100_001, payload: NO_RECORDS });
    await expect(decodeBatches(larger)).rejects.toMatchObject({
      name: 'UnreadableBatchError',
      message: 'a batch has 100001 records, and kafkajs reads at most 100000',
    });
  });

  it('is not where its header is looked for', async () => {
    const { decompress } = CompressionCodecs[1]() as { decompress(bytes: Buffer): Promise<Buffer> };
    const spoiled = [8, 16, 22].map((at) => {
      const batch = batchOf({ codec: 1, count: 1, payload: NO_RECORDS });
      batch[at]! ^= 1; // its length, its format, its codec
      return batch.subarray(-NO_RECORDS.length);
    });
    for (const stranger of [Buffer.from(new ArrayBuffer(100)), ...spoiled]) {
      await expect(decompress(stranger)).rejects.toMatchObject({ name: 'UnreadableBatchError' });
    }
  });
});

it('takes no reason from a message that says more', () => {
  const reason = Buffer.from('because');
  expect(undecodableReason({ 'x-undecodable': reason })).toBe('because');
  expect(undecodableReason({ 'x-undecodable': reason, ce_id: reason })).toBeUndefined();
  expect(undecodableReason({ 'x-undecodable': [reason, reason] })).toBeUndefined();
  expect(undecodableReason({})).toBeUndefined();
  expect(undecodableReason(undefined)).toBeUndefined();
});

async function offsetsOf(...batches: readonly Buffer[]): Promise<string[]> {
  return (await decodeBatches(...batches)).map(({ offset }) => offset);
}
