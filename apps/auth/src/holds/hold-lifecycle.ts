import {
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import type { Database } from '#libs/postgres';
import type { HoldRetention } from './forget-holds';
import type { HoldSurvey } from './survey-holds';

/** Forgets old holds for as long as the process lives; closes the connections of the flushes after the doors. */
@Injectable()
export class HoldLifecycle implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    private readonly holdPool: Pick<Database, 'close'>,
    private readonly retention: Pick<HoldRetention, 'start' | 'stop'>,
    private readonly survey: Pick<HoldSurvey, 'read'>,
  ) {}

  /** What expires from now on is counted. */
  onApplicationBootstrap(): void {
    void this.survey.read();
    this.retention.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.retention.stop();
    await this.holdPool.close();
  }
}
