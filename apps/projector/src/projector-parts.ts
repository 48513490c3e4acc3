import type { Database } from '#libs/postgres';
import type { Logger, Metrics, Readiness } from '#libs/runtime';
import type { SpendLog } from '#libs/spend-log';
import type { ProjectorLimits } from './project-log';
import type { WarningSettings } from './warnings/warning-settings';

/** What the projector is made of: its process gives it these. */
export abstract class ProjectorParts {
  abstract readonly database: Database;
  abstract readonly log: SpendLog;
  abstract readonly partitions: number;
  abstract readonly currency: string;
  abstract readonly readiness: Readiness;
  abstract readonly metrics: Metrics;
  abstract readonly logger: Pick<Logger, 'info' | 'warn'>;
  abstract readonly onError: (error: unknown, doing: string) => void;
  abstract readonly limits: ProjectorLimits;
  abstract readonly warnings: WarningSettings;
  /** How long what is under way may take to finish on shutdown. */
  abstract readonly drainMs: number;
}
