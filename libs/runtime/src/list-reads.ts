import type { OnApplicationShutdown } from '@nestjs/common';
import { BoundedReads } from './bounded-reads';
import type { ListLimits } from './read-limits';

/** A database, as far as lists need one. */
interface ListSource<Pool> {
  separatePool(given: {
    readonly maxConnections: number;
    readonly statementMs: number;
    readonly onOneCore: boolean;
  }): Pool;
}

/** Lists, sums and single things that are read: out of connections of their own, so that no other work waits for them. */
export class ListReads<Pool extends { close(): Promise<void> }>
  extends BoundedReads<Pool>
  implements OnApplicationShutdown
{
  private readonly listPool: Pool;

  constructor(database: ListSource<Pool>, limits: ListLimits) {
    const { concurrency: maxConnections, timeoutMs: statementMs } = limits;
    const listPool = database.separatePool({ maxConnections, statementMs, onOneCore: true });
    super(listPool, limits);
    this.listPool = listPool;
  }

  /** After the doors. */
  onApplicationShutdown(): Promise<void> {
    return this.listPool.close();
  }
}
