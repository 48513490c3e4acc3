import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Database } from '#libs/postgres';
import { BoundedReads } from '#libs/runtime';
import type { IngestParts } from './ingest-parts';

/** Budgets that are read: out of connections of their own, so that no recording waits for them. */
@Injectable()
export class ListReads extends BoundedReads<Database> implements OnApplicationShutdown {
  private readonly listPool: Database;

  constructor({ database, lists }: Pick<IngestParts, 'database' | 'lists'>) {
    const { concurrency: maxConnections, timeoutMs: statementMs } = lists;
    const listPool = database.separatePool({ maxConnections, statementMs, onOneCore: true });
    super(listPool, lists);
    this.listPool = listPool;
  }

  /** After the doors. */
  onApplicationShutdown(): Promise<void> {
    return this.listPool.close();
  }
}
