import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { CommandRefused } from '../command-refused';
import { reasonOf } from '../output';

export interface Line {
  /** From 1. */
  readonly number: number;
  /** With its end. */
  readonly bytes: Buffer;
  readonly text: string;
  /** Nothing follows, not even the end of the line. */
  readonly isCut: boolean;
}

export interface LineLimits {
  /** Bytes that are read at once. */
  readonly chunk: number;
  /** Bytes of the longest line. */
  readonly longest: number;
}

export const LINE_LIMITS: LineLimits = { chunk: 256 * 1024, longest: 32 * 1024 * 1024 };

const END_OF_LINE = 0x0a;

/**
 * Reads a file line by line, several at a time, holding no more than a chunk and the longest line.
 * @throws CommandRefused
 */
export async function* readLines(
  path: string,
  { chunk, longest }: LineLimits = LINE_LIMITS,
): AsyncGenerator<readonly Line[], void, undefined> {
  let number = 0;
  let begun: Buffer[] = [];
  let begunBytes = 0;
  for await (const read of bytesOf(path, chunk)) {
    const lines: Line[] = [];
    let from = 0;
    for (let end = read.indexOf(END_OF_LINE); end >= 0; end = read.indexOf(END_OF_LINE, from)) {
      const rest = read.subarray(from, end + 1);
      const bytes = begun.length > 0 ? Buffer.concat([...begun, rest]) : rest;
      lines.push(lineOf(bytes, ++number, false));
      [begun, begunBytes, from] = [[], 0, end + 1];
    }
    if (from < read.length) {
      begun.push(read.subarray(from));
      begunBytes += read.length - from;
      if (begunBytes > longest) throw refused(number + 1, `is longer than ${longest} bytes`);
    }
    if (lines.length > 0) yield lines;
  }
  if (begun.length > 0) yield [lineOf(Buffer.concat(begun), number + 1, true)];
}

async function* bytesOf(path: string, highWaterMark: number): AsyncGenerator<Buffer> {
  try {
    yield* createReadStream(path, { highWaterMark }) as AsyncIterable<Buffer>;
  } catch (error) {
    throw new CommandRefused(`The file ${path} cannot be read: ${reasonOf(error)}`);
  }
}

function lineOf(bytes: Buffer, number: number, isCut: boolean): Line {
  if (!isUtf8(bytes)) throw refused(number, 'is not UTF-8');
  return { number, bytes, text: bytes.toString('utf8').trimEnd(), isCut };
}

function refused(line: number, fault: string): CommandRefused {
  return new CommandRefused(`Line ${line} ${fault}. Nothing was done.`);
}
