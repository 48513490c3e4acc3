import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Database } from '#libs/postgres';

/** Closes the connections of the flushes after the doors. */
@Injectable()
export class HoldLifecycle implements OnApplicationShutdown {
  constructor(private readonly ofFlushes: Pick<Database, 'close'>) {}

  async onApplicationShutdown(): Promise<void> {
    await this.ofFlushes.close();
  }
}
