import type { Database } from '#libs/postgres';
import type { Logger, Metrics, Readiness, Serving } from '#libs/runtime';
import type { SpendLog } from '#libs/spend-log';
import type { ProjectorLimits } from './project-log';
import type { VerifySettings } from './verification/ledger-verifier';
import type { WarningSettings } from './warnings/warning-settings';

/** What the projector is made of: its process gives it these. */
export abstract class ProjectorParts {
  abstract readonly database: Database;
  abstract readonly log: SpendLog;
  abstract readonly partitions: number;
  abstract readonly currency: string;
  /** null: the log is in this database. */
  abstract readonly logId: string | null;
  abstract readonly readiness: Readiness;
  abstract readonly serving: Serving;
  abstract readonly metrics: Metrics;
  abstract readonly logger: Pick<Logger, 'info' | 'warn'>;
  abstract readonly onError: (error: unknown, doing: string) => void;
  abstract readonly limits: ProjectorLimits;
  abstract readonly warnings: WarningSettings;
  /** `undefined`: the ledger is verified by hand alone. */
  abstract readonly verification: VerifySettings | undefined;
  /** How long what is under way may take to finish on shutdown. */
  abstract readonly drainMs: number;
}
