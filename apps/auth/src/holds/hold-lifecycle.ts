import {
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import type { Database } from '#libs/postgres';
import type { HoldSurvey } from './survey-holds';

/** What goes on for as long as the process lives. */
interface Work {
  start(): void;
  stop(): Promise<void>;
}

/** Makes the events of expiries and forgets old holds while the process lives; closes the connections of the flushes after the doors. */
@Injectable()
export class HoldLifecycle implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    private readonly holdPool: Pick<Database, 'close'>,
    private readonly work: readonly Work[],
    private readonly survey: Pick<HoldSurvey, 'read'>,
  ) {}

  /** What expires from now on is counted. */
  onApplicationBootstrap(): void {
    void this.survey.read();
    for (const each of this.work) each.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.work.map((each) => each.stop()));
    await this.holdPool.close();
  }
}
