import type { Gateways } from '#libs/gateways';
import type { Position, PricesInForce } from '#libs/ledger';
import type { Database } from '#libs/postgres';
import type { ListLimits, Logger, Metrics, Readiness, Serving } from '#libs/runtime';
import type { CheckPolicy } from './decision';
import type { RetentionOptions } from './decisions/expire-decisions';
import type { KeepPolicy } from './decisions/keep-decision';
import type { WriterOptions } from './decisions/write-decisions';
import type { ExpiryOptions } from './holds/expiry-recorder';
import type { DeskLimits } from './holds/hold-desk';
import type { OutageLimits } from './outage/outage';
import type { AsOfLimits } from './read-balance-as-of';
import type { SnapshotLimits, SnapshotSource } from './snapshot-reader';

/** What auth is made of: its process gives it these. */
export abstract class AuthParts implements CheckPolicy, SnapshotSource {
  abstract readonly database: Database;
  abstract readonly partitions: number;
  abstract readonly currency: string;
  /** null: the log is in this database. */
  abstract readonly logId: string | null;
  abstract readonly prices: PricesInForce;
  abstract readonly unbudgeted: 'allow' | 'deny';
  /** The names that labels may have; `undefined`: any. */
  abstract readonly labels: ReadonlySet<string> | undefined;
  abstract readonly maxLagMs: number;
  abstract readonly ownWrites: () => Position;
  /** Something lies in the outbox, from where ingest appends it. */
  abstract readonly onOutbox: () => void;
  abstract readonly logger: Logger;
  abstract readonly metrics: Metrics;
  abstract readonly readiness: Readiness;
  abstract readonly serving: Serving;
  abstract readonly limits: SnapshotLimits & OutageLimits;
  abstract readonly decisions: DecisionSettings;
  abstract readonly holds: HoldSettings;
  abstract readonly asOf: AsOfLimits;
  abstract readonly lists: SumLimits;
  /** The ids of budgets whose numbers are metrics. */
  abstract readonly budgetMetrics: readonly string[];
  abstract readonly gateways: GatewaySettings & {
    readonly file: { readonly current: Gateways | undefined };
  };
  /** The process's clock in milliseconds since 1970. */
  abstract readonly nowMs: () => number;
  /** A clock of the process that never goes back, in milliseconds. */
  abstract readonly monotonicMs: () => number;
}

/** What lists and sums may take, so that no check waits for them. */
export interface SumLimits extends ListLimits {
  /** Most entries that one sum reads. */
  readonly sumEntries: number;
  /** Most days or months that one sum tells apart. */
  readonly sumWindows: number;
  /** Most entries that an explanation lists of each window. */
  readonly explainEntries: number;
  /** Most points of a series. */
  readonly seriesPoints: number;
  /** Most points that show how a budget was spent. */
  readonly burnPoints: number;
}

/** What the doors of gateways may take. */
export interface GatewaySettings {
  readonly backlog: {
    /** Most reports that are not settled yet, and most holds that are not released yet. */
    readonly most: number;
    /** How long they rest after a failure, at first and at most. */
    readonly firstRetryMs: number;
    readonly mostRetryMs: number;
  };
  /** How long door 3 takes for an answer at most. */
  readonly answerWaitMs: number;
  /** How long a process that stops goes on with them. */
  readonly stopWaitMs: number;
  /** The longest event of a stream that is read for its usage. */
  readonly mostEventBytes: number;
}

/** Which decisions are kept, how long, and what that may take. */
export type DecisionSettings = Pick<KeepPolicy, 'record'> &
  Omit<WriterOptions & RetentionOptions, 'onError'> & {
    /** Most decisions that wait to be written; more are not kept. */
    readonly maxQueue: number;
    readonly findWaitMs: number;
    /** Most different refusals of one caller that are kept in a minute, by each process. */
    readonly perMinute: number;
  };

/** What holds may take. */
export interface HoldSettings
  extends DeskLimits, Pick<ExpiryOptions, 'expiryBatch' | 'expiryPollMs'> {
  /** In how many slots processes write the held money of labels and of the ledger. */
  readonly slots: number;
  /** Most holds of one caller that live at once. */
  readonly maxPerCaller: number;
  /** How long a flush may stand still with its locks before Postgres ends it. */
  readonly idleMs: number;
  /** How long a hold is kept after it has ended, and its idempotency key with it. */
  readonly retentionMs: number;
  readonly sweepMs: number;
  /** From how many expired sums on an account is counted out by itself. */
  readonly leastDueSums: number;
  readonly retryMs: number;
  /** Most holds that one statement deletes. */
  readonly maxSweep: number;
  /** Most expiries of an account that a refusal looks at, to say when its request could pass. */
  readonly maxExpiries: number;
}
