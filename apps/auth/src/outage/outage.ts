import type { Metrics } from '#libs/runtime';
import { Breaker } from './breaker';
import { LastKnown } from './last-known';

export interface OutageLimits {
  /** How long a question waits for Postgres. */
  readonly checkWaitMs: number;
  /** Least time between a failure of Postgres and the next question to it. */
  readonly retryMs: number;
  /** Most accounts whose numbers are remembered. */
  readonly maxAccounts: number;
}

export interface OutageParts {
  readonly limits: OutageLimits;
  readonly metrics: Metrics;
  readonly logger: {
    info(sentence: string): void;
    error(error: unknown, doing: string): void;
  };
  readonly monotonicMs: () => number;
}

/** What a process needs to answer checks while Postgres is gone, and how operators learn that it is gone. */
export interface Outage {
  readonly breaker: Breaker;
  readonly lastKnown: LastKnown;
  /** An answer was given on numbers of before. */
  readonly countDegraded: (reason: 'behind' | 'postgres_gone') => void;
}

export function prepareForOutage({ limits, metrics, logger, monotonicMs }: OutageParts): Outage {
  const breaker = new Breaker({
    monotonicMs,
    retryMs: limits.retryMs,
    onOpen: (cause) => logger.error(cause, 'asking Postgres: checks go by what was last known'),
    onClose: () => logger.info('Postgres answers again: checks go by it.'),
  });
  const lastKnown = new LastKnown({ maxAccounts: limits.maxAccounts, monotonicMs });
  const degraded = metrics.counter(
    'auth_degraded_checks_total',
    'Checks that were answered on numbers of before, by reason',
    ['reason'],
  );
  metrics.gauge('auth_postgres_gone', 'Whether checks do without Postgres', [], (gauge) =>
    gauge.set(breaker.isOpen ? 1 : 0),
  );
  metrics.gauge('auth_last_known_accounts', 'Accounts that are remembered', [], (gauge) =>
    gauge.set(lastKnown.size),
  );
  return { breaker, lastKnown, countDegraded: (reason) => degraded.inc({ reason }) };
}
