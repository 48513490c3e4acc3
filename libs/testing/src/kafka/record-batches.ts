import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { KafkaMessage } from 'kafkajs';
import Decoder from 'kafkajs/src/protocol/decoder';
import crc32C from 'kafkajs/src/protocol/recordBatch/crc32C';
import encodeRecord from 'kafkajs/src/protocol/recordBatch/record/v0';
import decodeMessages from 'kafkajs/src/protocol/requests/fetch/v4/decodeMessages';

const FIRST_SEGMENT = '00000000000000000000.log';
const HEADER_BYTES = 61;
const LENGTH_AT = 8;
const LENGTH_FROM = 12;
const CHECKSUM_AT = 17;
const CHECKED_FROM = 21;
const CODEC_AT = 22;

interface BatchParts {
  codec: number;
  count: number;
  /** The compressed records, or what is there in their place. */
  payload: Buffer;
  firstOffset?: number;
  lastOffsetDelta?: number;
}

/** A batch of format 2 as it lies on a broker, its checksum right whatever its records are. */
export function batchOf({ codec, count, payload, ...parts }: BatchParts): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeBigInt64BE(BigInt(parts.firstOffset ?? 0), 0);
  header.writeInt32BE(HEADER_BYTES - LENGTH_FROM + payload.length, LENGTH_AT);
  header.writeInt8(2, 16);
  header.writeInt16BE(codec, 21);
  header.writeInt32BE(parts.lastOffsetDelta ?? count - 1, 23);
  header.writeInt32BE(count, 57);
  return withChecksum(Buffer.concat([header, payload]));
}

/** The same batch, as if it had been compressed with another codec. */
export function withCodec(batch: Buffer, codec: number): Buffer {
  const changed = Buffer.from(batch);
  changed[CODEC_AT] = (changed[CODEC_AT]! & ~0x07) | codec;
  return changed;
}

/** The same batch with a checksum that fits its bytes. */
export function withChecksum(batch: Buffer): Buffer {
  const changed = Buffer.from(batch);
  changed.writeUInt32BE(crc32C(changed.subarray(CHECKED_FROM)), CHECKSUM_AT);
  return changed;
}

/** The same batch with some bytes of its records turned over. */
export function withSpoiledRecords(batch: Buffer): Buffer {
  const changed = Buffer.from(batch);
  for (let at = HEADER_BYTES; at < changed.length; at += 3) changed[at]! ^= 0x5a;
  return changed;
}

/**
 * Changes batches of a partition where they lie: a broker checks what it is sent, and afterwards serves its file as it
 * is. None may change its length.
 * @param changes by the offset of a batch's first record
 */
export async function changeBatches(
  partitionFolder: string,
  changes: ReadonlyMap<number, (batch: Buffer) => Buffer>,
): Promise<void> {
  const file = await open(join(partitionFolder, FIRST_SEGMENT), 'r+');
  try {
    const segment = await file.readFile();
    const left = new Map(changes);
    for (let at = 0; at < segment.length;) {
      const end = at + LENGTH_FROM + segment.readInt32BE(at + LENGTH_AT);
      const firstOffset = Number(segment.readBigInt64BE(at));
      const change = left.get(firstOffset);
      if (change) await file.write(change(segment.subarray(at, end)), 0, end - at, at);
      left.delete(firstOffset);
      at = end;
    }
    if (left.size > 0) throw new Error(`no batch begins at offset ${[...left.keys()].join(', ')}`);
  } finally {
    await file.close();
  }
}

type Content = Omit<Parameters<typeof encodeRecord>[0], 'offsetDelta'>;

/** Records as they lie in a batch before it is compressed. */
export function encodeRecords(records: readonly Content[]): Buffer {
  return Buffer.concat(
    records.map((record, offsetDelta) => encodeRecord({ offsetDelta, ...record }).buffer),
  );
}

/** What kafkajs makes of a broker's answer with these batches. */
export function decodeBatches(...batches: readonly Buffer[]): Promise<KafkaMessage[]> {
  const all = Buffer.concat(batches);
  const length = Buffer.alloc(4);
  length.writeInt32BE(all.length);
  return decodeMessages(new Decoder(Buffer.concat([length, all])));
}
