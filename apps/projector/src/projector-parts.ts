import type { Database } from '#libs/postgres';
import type { Metrics, Readiness } from '#libs/runtime';
import type { SpendLog } from '#libs/spend-log';
import type { ProjectorLimits } from './project-log';

/** What the projector is made of: its process gives it these. */
export abstract class ProjectorParts {
  abstract readonly database: Database;
  abstract readonly log: SpendLog;
  abstract readonly partitions: number;
  abstract readonly currency: string;
  abstract readonly readiness: Readiness;
  abstract readonly metrics: Metrics;
  abstract readonly limits: ProjectorLimits;
}
