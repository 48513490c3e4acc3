import { compressFrame, decompressFrame } from 'lz4-napi';
import { TooLargeError, type Compression } from './compression';

const MAGIC = 0x184d2204;
const DESCRIPTOR_AT = 4;
const CONTENT_SIZE_FLAG = 0x08;
const DICTIONARY_FLAG = 0x01;
const BLOCK_CHECKSUM_FLAG = 0x10;
const STORED_BIT = 0x80000000;
const SHORTEST_MATCH = 4;

/** Kafka's lz4 is one LZ4 frame of independent blocks; `lz4-napi` reads what Java writes, and the other way round. */
export const lz4: Compression = {
  name: 'lz4',
  compress: (bytes) => compressFrame(bytes),
  async decompress(bytes, mostBytes) {
    if (frameLength(bytes) > mostBytes) throw new TooLargeError(mostBytes);
    return decompressFrame(bytes);
  },
};

/** How long the frame's content is, found out without making it: `lz4-napi` takes no limit. */
function frameLength(frame: Buffer): number {
  if (frame.length < 7 || frame.readUInt32LE(0) !== MAGIC) throw new Error('no LZ4 frame');
  const flags = frame[DESCRIPTOR_AT]!;
  let at =
    DESCRIPTOR_AT + 3 + (flags & CONTENT_SIZE_FLAG ? 8 : 0) + (flags & DICTIONARY_FLAG ? 4 : 0);
  let length = 0;
  while (at + 4 <= frame.length) {
    const size = frame.readUInt32LE(at);
    if (size === 0) break;
    const stored = size >= STORED_BIT;
    const start = at + 4;
    const end = start + (stored ? size - STORED_BIT : size);
    if (end > frame.length) throw new Error('a block ends early');
    length += stored ? end - start : blockLength(frame.subarray(start, end));
    at = end + (flags & BLOCK_CHECKSUM_FLAG ? 4 : 0);
  }
  return length;
}

/** A block is a row of literals and matches, each with its length before it. */
function blockLength(block: Buffer): number {
  let at = 0;
  let length = 0;
  const withExtension = (nibble: number): number => {
    let sum = nibble;
    if (nibble < 15) return sum;
    for (let byte = 255; byte === 255; at++) {
      byte = block[at] ?? 0;
      sum += byte;
    }
    return sum;
  };
  while (at < block.length) {
    const token = block[at++]!;
    const literals = withExtension(token >> 4);
    at += literals;
    length += literals;
    if (at >= block.length) break;
    at += 2; // the match's distance
    length += withExtension(token & 0x0f) + SHORTEST_MATCH;
  }
  return length;
}
