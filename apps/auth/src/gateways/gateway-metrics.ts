import type { Metrics } from '#libs/runtime';
import type { Backlog } from './backlog';
import { REPORT_OUTCOMES, type ReportOutcome } from './settle-call';

type Waiting = Readonly<Record<'reports' | 'releases', Pick<Backlog, 'size'>>>;

/** What the doors of gateways count. */
export function gatewayMetrics(metrics: Metrics, waiting: Waiting) {
  const calls = metrics.counter(
    'gateway_calls_total',
    'Calls that gateways asked about, by what they were told',
    ['gateway', 'outcome'],
  );
  const reports = metrics.counter(
    'gateway_reports_total',
    'Reports of calls that have ended, by what became of them',
    ['outcome'],
  );
  const givenUp = metrics.counter(
    'gateway_holds_given_up_total',
    'Holds of calls that no gateway knows to be admitted, by what sets them free',
    ['outcome'],
  );
  for (const outcome of REPORT_OUTCOMES) reports.inc({ outcome }, 0);
  for (const outcome of ['released', 'expires']) givenUp.inc({ outcome }, 0);
  metrics.gauge('gateway_backlog', 'What gateways wait for that is not done', ['kind'], (gauge) => {
    for (const kind of ['reports', 'releases'] as const) gauge.set({ kind }, waiting[kind].size);
  });
  return {
    onAnswer: (gateway: string, outcome: string) => calls.inc({ gateway, outcome }),
    onReport: (outcome: ReportOutcome) => reports.inc({ outcome }),
    onGivenUp: (outcome: 'released' | 'expires') => givenUp.inc({ outcome }),
  };
}
