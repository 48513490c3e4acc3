import type { Instant } from '#libs/ledger';
import type { Database } from '#libs/postgres';
import type { Logger } from '#libs/runtime';
import type { SpendLog } from '#libs/spend-log';
import type { ChangeLimits } from './change-budget';
import type { RelayOptions } from './outbox-relay';
import type { RecordLimits } from './record-spend';

/** What ingest is made of: its process gives it these. */
export abstract class IngestParts {
  abstract readonly database: Database;
  abstract readonly log: SpendLog;
  abstract readonly partitions: number;
  abstract readonly currency: string;
  /** The process's clock. */
  abstract readonly now: () => Instant;
  abstract readonly logger: Logger;
  abstract readonly limits: RecordLimits & ChangeLimits & Omit<RelayOptions, 'onError'>;
}
