import { compress, uncompress } from 'snappy';
import { TooLargeError, type Compression } from './compression';

/** What snappy-java ("xerial") writes before its chunks, each of them an int32 length and a raw snappy block. */
const XERIAL_MAGIC = Buffer.from('\x82SNAPPY\0', 'latin1');
const XERIAL_HEADER_BYTES = 16;
const CHUNK_LENGTH_BYTES = 4;

/** Kafka's snappy is either one raw block, as librdkafka and we write it, or the framing of snappy-java; all read both. */
export const snappy: Compression = {
  name: 'snappy',
  compress: (bytes) => compress(bytes),
  async decompress(bytes, mostBytes) {
    const blocks: Buffer[] = [];
    let left = mostBytes;
    for (const block of blocksOf(bytes)) {
      left -= promisedLength(block);
      if (left < 0) throw new TooLargeError(mostBytes);
      blocks.push(Buffer.from(await uncompress(block)));
    }
    return blocks.length === 1 ? blocks[0]! : Buffer.concat(blocks);
  },
};

function* blocksOf(bytes: Buffer): Generator<Buffer> {
  if (!bytes.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)) {
    yield bytes;
    return;
  }
  let at = XERIAL_HEADER_BYTES;
  while (at < bytes.length) {
    const start = at + CHUNK_LENGTH_BYTES;
    if (start > bytes.length) throw new Error('a chunk ends early');
    at = start + bytes.readInt32BE(at);
    if (at <= start || at > bytes.length) throw new Error('a chunk ends early');
    yield bytes.subarray(start, at);
  }
}

/** A raw block begins with the length of what it holds, and a decompressor reserves that much at once. */
function promisedLength(block: Buffer): number {
  let length = 0;
  for (let index = 0; index < 5; index++) {
    const byte = block[index] ?? 0;
    length += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) break;
  }
  return length;
}
