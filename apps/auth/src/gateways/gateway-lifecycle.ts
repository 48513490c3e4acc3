import type {
  BeforeApplicationShutdown,
  OnApplicationBootstrap,
  OnApplicationShutdown,
  OnModuleDestroy,
} from '@nestjs/common';
import type { Gateways } from '#libs/gateways';
import type { Logger, ReloadedFile } from '#libs/runtime';
import type { Backlog } from './backlog';
import type { OpenStreams } from './doors/open-streams';

export interface LifecycleParts {
  readonly file: Pick<ReloadedFile<Gateways>, 'start' | 'stop'> | undefined;
  readonly streams: Pick<OpenStreams, 'end'>;
  readonly backlogs: readonly Pick<Backlog, 'stop'>[];
  /** How long a process that stops goes on with what is not done. */
  readonly stopWaitMs: number;
  readonly logger: Pick<Logger, 'warn'>;
}

/** Reads the operator's file again while the process lives, and ends its reports in order: no more of them, then the rest. */
export class GatewayLifecycle
  implements
    OnApplicationBootstrap,
    OnModuleDestroy,
    BeforeApplicationShutdown,
    OnApplicationShutdown
{
  constructor(private readonly parts: LifecycleParts) {}

  onApplicationBootstrap(): void {
    this.parts.file?.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.parts.streams.end();
  }

  async beforeApplicationShutdown(): Promise<void> {
    const { backlogs, stopWaitMs, logger } = this.parts;
    const left = await Promise.all(backlogs.map((backlog) => backlog.stop(stopWaitMs)));
    const undone = left.reduce((sum, jobs) => sum + jobs, 0);
    if (undone > 0) {
      logger.warn(`${undone} reports of gateways could not be settled: their holds will expire.`);
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await this.parts.file?.stop();
  }
}
