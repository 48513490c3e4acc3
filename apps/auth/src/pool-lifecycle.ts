import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Database } from '#libs/postgres';

/** Closes the connections of what is read after the doors. */
@Injectable()
export class PoolLifecycle implements OnApplicationShutdown {
  constructor(private readonly pools: readonly Pick<Database, 'close'>[]) {}

  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.pools.map((pool) => pool.close()));
  }
}
