import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerReadableStream } from '@grpc/grpc-js';

/** How long a stream says nothing before it is ended, and how long it is waited for at most. */
const QUIET_MS = 100;
const MOST_WAIT_MS = 1_000;

type Stream<T> = ServerReadableStream<T, object>;

/** Streams that gateways keep open for as long as they live; a process that stops has to end them itself. */
export class OpenStreams {
  private readonly open = new Set<Stream<unknown>>();
  private heardAtMs = 0;

  get size(): number {
    return this.open.size;
  }

  /** What a stream says, until its gateway ends it or the process stops. The next is read when it is asked for. */
  async *read<T>(stream: Stream<T>): AsyncGenerator<T, void> {
    this.open.add(stream);
    try {
      for await (const message of stream) {
        this.heardAtMs = performance.now();
        yield message as T;
      }
    } catch (error) {
      if (!stream.destroyed) throw error;
    } finally {
      this.open.delete(stream);
    }
  }

  /** What gateways have sent already is read first: they do not send it again. */
  async end(): Promise<void> {
    const from = performance.now();
    while (this.open.size > 0) {
      const now = performance.now();
      if (now - Math.max(from, this.heardAtMs) >= QUIET_MS || now - from >= MOST_WAIT_MS) break;
      await sleep(QUIET_MS / 5);
    }
    for (const stream of this.open) stream.destroy();
  }
}
