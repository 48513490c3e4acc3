import type { BeforeApplicationShutdown, OnModuleDestroy } from '@nestjs/common';
import type { Logger } from '#libs/runtime';
import type { Backlog } from './backlog';
import type { OpenStreams } from './doors/open-streams';
import type { ProcessedStreams } from './doors/processed-streams';

export interface LifecycleParts {
  readonly streams: Pick<OpenStreams, 'end'>;
  readonly processed: Pick<ProcessedStreams, 'end'>;
  readonly backlogs: readonly Pick<Backlog, 'stop'>[];
  /** How long a process that stops goes on with what is not done. */
  readonly stopWaitMs: number;
  readonly logger: Pick<Logger, 'warn'>;
}

/** Ends what gateways report when the process stops: first no more of it comes, then what is there is settled. */
export class GatewayLifecycle implements OnModuleDestroy, BeforeApplicationShutdown {
  constructor(private readonly parts: LifecycleParts) {}

  async onModuleDestroy(): Promise<void> {
    const { streams, processed, stopWaitMs } = this.parts;
    await Promise.all([streams.end(), processed.end(stopWaitMs)]);
  }

  async beforeApplicationShutdown(): Promise<void> {
    const { backlogs, stopWaitMs, logger } = this.parts;
    const left = await Promise.all(backlogs.map((backlog) => backlog.stop(stopWaitMs)));
    const undone = left.reduce((sum, jobs) => sum + jobs, 0);
    if (undone > 0) {
      logger.warn(`${undone} reports of gateways could not be settled: their holds will expire.`);
    }
  }
}
