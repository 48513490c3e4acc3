import crc32C from 'kafkajs/src/protocol/recordBatch/crc32C';

/** Where the fields of a record batch of format 2 lie, from its first byte. */
const LENGTH_AT = 8;
const MAGIC_AT = 16;
const CHECKSUM_AT = 17;
const ATTRIBUTES_AT = 21;
const LAST_OFFSET_DELTA_AT = 23;
const COUNT_AT = 57;
const RECORDS_AT = 61;

const MAGIC = 2;
const CODEC_BITS = 0x07;
/**
 * kafkajs hands a batch's records to `push` as arguments: from about 120,000 on they overflow the stack, a RangeError
 * that ends the consumer (tulios/kafkajs#1723, not merged).
 */
const MOST_RECORDS = 100_000;

export interface BatchHeader {
  readonly count: number;
  readonly lastOffsetDelta: number;
  readonly checksum: 'right' | 'wrong';
}

/**
 * The header of the batch whose records kafkajs hands to a codec. It tells a codec nothing about the batch, but what it
 * hands over is a slice of the fetched bytes, with the header before it in the same memory.
 * @throws UnreadableBatchError if that is not so, or if nothing that a codec returns would let kafkajs read on
 */
export function readBatchHeader(records: Buffer, codecId: number): BatchHeader {
  const start = records.byteOffset - RECORDS_AT;
  if (start < 0) throw new UnreadableBatchError('kafkajs gave a codec records without their batch');
  const batch = Buffer.from(records.buffer, start, RECORDS_AT + records.length);
  const attributes = batch.readInt16BE(ATTRIBUTES_AT);
  if (
    batch.readInt8(MAGIC_AT) !== MAGIC ||
    batch.readInt32BE(LENGTH_AT) !== batch.length - LENGTH_AT - Int32Array.BYTES_PER_ELEMENT ||
    (attributes & CODEC_BITS) !== codecId
  ) {
    throw new UnreadableBatchError('kafkajs gave a codec other bytes than a batch of format 2');
  }
  const count = batch.readInt32BE(COUNT_AT);
  if (count > MOST_RECORDS) {
    throw new UnreadableBatchError(
      `a batch has ${count} records, and kafkajs reads at most ${MOST_RECORDS}`,
    );
  }
  const computed = crc32C(batch.subarray(ATTRIBUTES_AT));
  return {
    count,
    lastOffsetDelta: batch.readInt32BE(LAST_OFFSET_DELTA_AT),
    checksum: computed === batch.readUInt32BE(CHECKSUM_AT) ? 'right' : 'wrong',
  };
}

/** Nothing can stand in for this batch: reading stops before it. */
export class UnreadableBatchError extends Error {
  override name = 'UnreadableBatchError';
}
