import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { ProcessingRequest, ProcessingResponse } from './ext-proc-messages';

type Stream = ServerDuplexStream<ProcessingRequest, ProcessingResponse>;

const POLL_MS = 20;

/** The calls that pass through the door now. */
export class ProcessedStreams {
  private readonly open_ = new Set<ProcessedStream>();

  /** @param mostEventBytes of an event of a stream that is read */
  constructor(readonly mostEventBytes: number) {}

  open(stream: Stream): ProcessedStream {
    const opened = new ProcessedStream(stream, () => this.open_.delete(opened));
    this.open_.add(opened);
    return opened;
  }

  /** Gives them so much time; those that are left then are settled as what they are, and their answers go on without us. */
  async end(withinMs: number): Promise<void> {
    const until = performance.now() + withinMs;
    while (this.open_.size > 0 && performance.now() < until) await sleep(POLL_MS);
    for (const stream of this.open_) stream.interrupt();
  }
}

/** What Envoy says of one call, and what the ledger answers; each is answered before the next comes. */
export class ProcessedStream {
  private readonly messages: AsyncIterator<ProcessingRequest>;
  private readonly interrupted: Promise<undefined>;
  /** Ends what is waited for. */
  interrupt!: () => void;

  constructor(
    private readonly stream: Stream,
    readonly close: () => void,
  ) {
    // The stream has to outlive its reading: its end still has to be sent.
    this.messages = stream.iterator({ destroyOnReturn: false });
    this.interrupted = new Promise((resolve) => {
      this.interrupt = () => resolve(undefined);
    });
  }

  get metadata() {
    return this.stream.metadata;
  }

  get deadline() {
    return this.stream.getDeadline();
  }

  /** Envoy waits for nothing any more. */
  get isGone(): boolean {
    return this.stream.cancelled || this.stream.destroyed;
  }

  /** @returns `undefined`: nothing comes any more */
  next(): Promise<ProcessingRequest | undefined> {
    const next = this.messages.next().then(
      ({ done, value }) => (done === true ? undefined : value),
      (error: unknown) => {
        if (this.isGone) return undefined;
        throw error;
      },
    );
    return Promise.race([next, this.interrupted]);
  }

  write(response: ProcessingResponse): void {
    if (!this.isGone) this.stream.write(response);
  }
}
