import type { SourceGate } from '#libs/access';
import type { Instant, PricesInForce } from '#libs/ledger';
import type { Database } from '#libs/postgres';
import type { ListLimits, Logger, Metrics, Readiness, Serving } from '#libs/runtime';
import type { ReportedTopic, SpendLog } from '#libs/spend-log';
import type { ClaimRestoration } from './claim-restoration';
import type { ChangeLimits } from './change-budget';
import type { RelayOptions } from './outbox-relay';
import type { AdjustmentLimits } from './record-adjustment';
import type { RecordLimits } from './recording-rounds';

/** What ingest is made of: its process gives it these. */
export abstract class IngestParts {
  abstract readonly database: Database;
  abstract readonly log: SpendLog;
  abstract readonly reported: ReportedTopic | undefined;
  /** What sources may report on that topic. */
  abstract readonly sources: Pick<SourceGate, 'callerOf'>;
  abstract readonly partitions: number;
  abstract readonly currency: string;
  /** The names that labels may have; `undefined`: any. */
  abstract readonly labels: ReadonlySet<string> | undefined;
  /** null: the log is in this database. */
  abstract readonly logId: string | null;
  /** Says when another part of this process leaves something in the outbox. */
  abstract readonly whenOutboxFills?: (wake: () => void) => void;
  abstract readonly claims: ClaimRestoration;
  abstract readonly prices: PricesInForce;
  /** The process's clock. */
  abstract readonly now: () => Instant;
  /** The broker's stamp of a record, by the same clock. */
  abstract readonly brokerTime: (stampMs: number) => Instant;
  abstract readonly logger: Logger;
  abstract readonly metrics: Metrics;
  abstract readonly readiness: Readiness;
  abstract readonly serving: Serving;
  abstract readonly lists: ListLimits;
  abstract readonly limits: RecordLimits &
    AdjustmentLimits &
    ChangeLimits &
    Omit<RelayOptions, 'onError'> & {
      /** How often it writes down how far the log is known to be this database's. */
      readonly knownEndEveryMs: number;
      /** How long a claim that settles holds may stand still with their locks before Postgres ends it. */
      readonly holdIdleMs: number;
      /** In how many slots processes write the held money of labels and of the ledger. */
      readonly holdSlots: number;
    };
}
