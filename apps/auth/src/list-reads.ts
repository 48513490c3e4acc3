import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Database } from '#libs/postgres';
import { BoundedReads } from '#libs/runtime';
import type { AuthParts } from './auth-parts';

/** Lists, sums and single things that are read: out of connections of their own, so that no check waits for them. */
@Injectable()
export class ListReads extends BoundedReads<Database> implements OnApplicationShutdown {
  private readonly listPool: Database;

  constructor({ database, lists, metrics }: Pick<AuthParts, 'database' | 'lists' | 'metrics'>) {
    const { concurrency: maxConnections, timeoutMs: statementMs } = lists;
    const listPool = database.separatePool({ maxConnections, statementMs, onOneCore: true });
    super(listPool, lists);
    this.listPool = listPool;
    metrics.gauge(
      'auth_list_reads_queued',
      'Lists and sums that wait for their turn',
      [],
      (gauge) => {
        gauge.set(this.queued);
      },
    );
  }

  /** After the doors. */
  onApplicationShutdown(): Promise<void> {
    return this.listPool.close();
  }
}
