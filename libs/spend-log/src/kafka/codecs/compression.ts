/** One way to make the records of a batch smaller. */
export interface Compression {
  readonly name: string;
  compress(bytes: Buffer): Promise<Buffer>;
  /** @throws TooLargeError before it has made more than about `mostBytes`, any error if the bytes are not its own */
  decompress(bytes: Buffer, mostBytes: number): Promise<Buffer>;
}

/** A few bytes can stand for more than a machine's memory. */
export class TooLargeError extends Error {
  constructor(mostBytes: number) {
    super(`it holds more than ${mostBytes} bytes`);
  }
}
