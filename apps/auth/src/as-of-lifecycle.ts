import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Database } from '#libs/postgres';

/** Closes the connections of questions about the past after the doors. */
@Injectable()
export class AsOfLifecycle implements OnApplicationShutdown {
  constructor(private readonly questionPool: Pick<Database, 'close'>) {}

  onApplicationShutdown(): Promise<void> {
    return this.questionPool.close();
  }
}
