import { formatInstant, instantOf, type Instant } from '#libs/ledger';
import type { Prepared, PreparedStatement } from '#libs/postgres';
import { Scraped, type Metrics } from '#libs/runtime';

/** What is held in the whole ledger, by all callers. */
interface Survey {
  readonly active: number;
  readonly amount: number;
  readonly oldestSeconds: number;
}

const CLOCK: PreparedStatement = { name: 'survey-clock', text: 'select ledger_now()' };

/** The moments stand as values, so that the plan knows how little of the index of active holds there is to read. */
const LIVE: PreparedStatement = {
  name: 'survey-live-holds',
  text: `
    select count(*)::int, coalesce(sum(amount), 0)::float8,
      coalesce(extract(epoch from $1::timestamptz - min(created_at)), 0)::float8
    from hold where state = 'active' and expires_at > $1::timestamptz`,
};
const EXPIRED: PreparedStatement = {
  name: 'survey-expired-holds',
  text: `
    select count(*)::int from hold
    where state = 'active' and on_expiry = 'release'
      and expires_at > $1::timestamptz and expires_at <= $2::timestamptz`,
};

/**
 * Looks at the holds of the whole ledger when the metrics are read, once for all of them. Without Postgres there are no
 * such numbers.
 */
export class HoldSurvey {
  private readonly scraped: Scraped<Survey>;
  /** Up to when expiries are counted. */
  private countedTo: Instant | undefined;

  constructor(
    private readonly reads: Prepared,
    private readonly countExpired: (holds: number) => void,
    waitMs?: number,
  ) {
    this.scraped = new Scraped(() => this.look(), waitMs);
  }

  /** @returns `undefined`: there is no answer in time */
  read(): Promise<Survey | undefined> {
    return this.scraped.read();
  }

  private async look(): Promise<Survey> {
    const [clock] = await this.reads.prepared<readonly [string]>(CLOCK, []);
    const now = instantOf(clock![0]);
    await this.countUpTo(now);
    const [live] = await this.reads.prepared<readonly [number, number, number]>(LIVE, [
      formatInstant(now),
    ]);
    const [active, amount, oldestSeconds] = live!;
    return { active, amount, oldestSeconds: Math.max(0, oldestSeconds) };
  }

  private async countUpTo(now: Instant): Promise<void> {
    if (this.countedTo !== undefined && this.countedTo < now) {
      const range = [this.countedTo, now].map(formatInstant);
      const [expired] = await this.reads.prepared<readonly [number]>(EXPIRED, range);
      this.countExpired(expired![0]);
    }
    this.countedTo = now;
  }
}

/** The metrics of the whole ledger: every auth gives the same ones. */
export function surveyedMetrics(
  metrics: Metrics,
  reads: Prepared,
  currency: string,
  waitMs?: number,
): HoldSurvey {
  const expired = metrics.counter(
    'auth_holds_expired_total',
    'Holds of the whole ledger that nobody had ended when they expired, and whose money is free, since this process started',
    [],
    () => survey.read(),
  );
  const survey = new HoldSurvey(reads, (holds) => expired.inc(holds), waitMs);
  const gauge = (name: string, help: string, of: (survey: Survey) => number) =>
    metrics.gauge(name, help, [], async (gauge) => {
      const read = await survey.read();
      if (read) gauge.set(of(read));
      else gauge.remove();
    });
  gauge('auth_holds_active', 'Holds of the whole ledger that live', ({ active }) => active);
  metrics.gauge(
    'auth_held_amount',
    'Money in the holds of the whole ledger that live; a float, for dashboards only',
    ['currency'],
    async (gauge) => {
      const read = await survey.read();
      if (read) gauge.set({ currency }, read.amount);
      else gauge.remove({ currency });
    },
  );
  gauge(
    'auth_oldest_hold_seconds',
    'Age of the oldest hold of the whole ledger that lives; 0 when there is none',
    ({ oldestSeconds }) => oldestSeconds,
  );
  return survey;
}
