import type { Position } from '#libs/ledger';
import type { Database } from '#libs/postgres';
import type { Logger, Metrics, Readiness } from '#libs/runtime';
import type { CheckPolicy } from './check-budget';
import type { OutageLimits } from './outage/outage';
import type { SnapshotLimits, SnapshotSource } from './snapshot-reader';

/** What auth is made of: its process gives it these. */
export abstract class AuthParts implements CheckPolicy, SnapshotSource {
  abstract readonly database: Database;
  abstract readonly partitions: number;
  abstract readonly unbudgeted: 'allow' | 'deny';
  abstract readonly maxLagMs: number;
  abstract readonly ownWrites: () => Position;
  abstract readonly logger: Logger;
  abstract readonly metrics: Metrics;
  abstract readonly readiness: Readiness;
  /** A clock of the process that never goes back, in milliseconds. */
  abstract readonly monotonicMs: () => number;
  abstract readonly limits: SnapshotLimits & OutageLimits;
}
