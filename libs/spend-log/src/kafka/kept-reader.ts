import type { KafkaOptions } from './kafka-options';

/** A kafkajs consumer at work, which does not begin anew by itself. */
export interface Reader {
  /** Ends with the reason when kafkajs has given up. */
  readonly crashed: Promise<Error>;
  stop(): Promise<void>;
}

/** Keeps one reader at work: another one takes its place when kafkajs has given it up, or somebody says it must go. */
export class KeptReader<R extends Reader> {
  current: R;
  private hasEnded = false;

  /** @param doing what the readers do, such as `reading the log` */
  constructor(
    private readonly join: () => R,
    private readonly doing: string,
    private readonly options: Pick<KafkaOptions, 'onError' | 'onDebug'>,
    private readonly onGone: (reader: R) => void = () => undefined,
  ) {
    this.current = this.begin();
  }

  replace(reader: R, reason: Error): void {
    if (this.current !== reader || this.hasEnded) return;
    this.options.onError(reason, `${this.doing}: its reader is replaced`);
    this.onGone(reader);
    this.current = this.begin();
    reader.stop().catch((error: unknown) => this.options.onDebug?.(String(error)));
  }

  async stop(): Promise<void> {
    this.hasEnded = true;
    try {
      await this.current.stop();
    } catch (error) {
      // A process must be able to end while Kafka is gone; the group notices by itself.
      this.options.onError(error, 'leaving the group of readers');
    }
  }

  private begin(): R {
    const reader = this.join();
    void reader.crashed.then((error) => this.replace(reader, error));
    return reader;
  }
}
