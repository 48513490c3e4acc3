import { CompressionCodecs } from 'kafkajs';
import type Encoder from 'kafkajs/src/protocol/encoder';
import { readBatchHeader, type BatchHeader } from './batch-header';
import { checkRecords } from './check-records';
import type { Compression } from './compression';
import { lz4 } from './lz4';
import { snappy } from './snappy';
import { standInsFor } from './stand-ins';
import { gzipped, zstd } from './zlib';

const MOST_BYTES = 64 * 1024 * 1024;
const CODEC_IDS_MAX = 7;

/** By the number that a batch carries in its attributes. */
const COMPRESSIONS: Readonly<Record<number, Compression>> = {
  0: { name: 'none', compress: asItIs, decompress: asItIs },
  1: gzipped,
  2: snappy,
  3: lz4,
  4: zstd,
};

interface KafkajsCodec {
  compress(encoder: Encoder): Promise<Buffer>;
  decompress(bytes: Buffer): Promise<Buffer>;
}

/**
 * Makes kafkajs 2.2.4 read and write every compression of Kafka, and read on past a batch that cannot be read.
 *
 * By itself it knows gzip only. Another codec makes each fetch fail (tulios/kafkajs#254, #256), a number it does not know
 * makes it take compressed bytes for records, and records that are not what they should be crash it (#715, #1386, #1440,
 * all open). It compares no checksum (#17, closed undone), though a third of all changed bytes in snappy and lz4 go
 * through unnoticed, and puts no limit on what it decompresses. So one bad batch stops every partition of its broker: a
 * RangeError or TypeError ends the consumer, anything else is tried again for ever. Here every number, also that of
 * uncompressed batches, has a reader whose failures become records that say so: `undecodableReason` tells them apart.
 * @param options `mostBytes`: what a batch may hold once decompressed
 */
export function registerCodecs({ mostBytes = MOST_BYTES }: { mostBytes?: number } = {}): void {
  const codecs: Record<number, () => KafkajsCodec> = CompressionCodecs;
  for (let id = 0; id <= CODEC_IDS_MAX; id++) {
    const codec = codecFor(id, mostBytes);
    codecs[id] = () => codec;
  }
}

function codecFor(id: number, mostBytes: number): KafkajsCodec {
  const compression = COMPRESSIONS[id];
  return {
    async compress({ buffer }) {
      if (!compression) throw new Error(`there is no codec ${id}`);
      try {
        return await compression.compress(buffer);
      } catch (cause) {
        throw new Error(`a batch cannot be compressed with ${compression.name}`, { cause });
      }
    },
    async decompress(bytes) {
      const header = readBatchHeader(bytes, id);
      try {
        return await readRecords(bytes, header, compression, mostBytes);
      } catch (error) {
        const codec = compression?.name ?? id;
        return standInsFor(header, `A batch (codec ${codec}) cannot be read: ${messageOf(error)}.`);
      }
    },
  };
}

async function readRecords(
  bytes: Buffer,
  header: BatchHeader,
  compression: Compression | undefined,
  mostBytes: number,
): Promise<Buffer> {
  if (!compression) throw new Error('there is no such codec');
  if (header.checksum === 'wrong') throw new Error('its checksum does not fit its bytes');
  const records = await compression.decompress(bytes, mostBytes);
  checkRecords(records, header);
  return records;
}

function asItIs(bytes: Buffer): Promise<Buffer> {
  return Promise.resolve(bytes);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
