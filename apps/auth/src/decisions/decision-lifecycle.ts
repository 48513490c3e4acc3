import {
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { AuthParts } from '../auth-parts';
import { DecisionQueue } from './decision-queue';
import { DecisionRetention } from './expire-decisions';
import { DecisionWriter } from './write-decisions';

/** Writes and expires decisions for as long as the process lives; what is queued is written after the doors have closed. */
@Injectable()
export class DecisionLifecycle implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    private readonly queue: DecisionQueue,
    private readonly writer: DecisionWriter,
    private readonly retention: DecisionRetention,
    private readonly parts: AuthParts,
  ) {}

  onApplicationBootstrap(): void {
    const { metrics, decisions } = this.parts;
    metrics.queue(
      'auth_decisions',
      'Kept decisions to be written',
      () => this.queue.length,
      decisions.maxQueue,
    );
    this.writer.start();
    this.retention.start();
  }

  async onApplicationShutdown(): Promise<void> {
    const [lost] = await Promise.all([this.writer.stop(), this.retention.stop()]);
    if (lost > 0) this.parts.logger.warn(`${lost} kept decisions could not be written.`);
  }
}
