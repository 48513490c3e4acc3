import { promisify } from 'node:util';
import { gunzip, gzip, zstdCompress, zstdDecompress } from 'node:zlib';
import { TooLargeError, type Compression } from './compression';

/** kafkajs brings a gzip of its own, which has no limit. */
export const gzipped = fromZlib('gzip', promisify(gzip), promisify(gunzip));

export const zstd = fromZlib('zstd', promisify(zstdCompress), promisify(zstdDecompress));

type Zlib = (bytes: Buffer, options?: { maxOutputLength: number }) => Promise<Buffer>;

function fromZlib(name: string, compress: Zlib, decompress: Zlib): Compression {
  return {
    name,
    compress: (bytes) => compress(bytes),
    async decompress(bytes, mostBytes) {
      try {
        return await decompress(bytes, { maxOutputLength: mostBytes });
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        throw code === 'ERR_BUFFER_TOO_LARGE' ? new TooLargeError(mostBytes) : error;
      }
    },
  };
}
