import type { SettledBySpend } from '#libs/holds';
import type { Metrics } from '#libs/runtime';
import type { HoldEffect } from '#libs/wire';

/** Is told what became of the holds that new spends named, once it is true. */
export type CountHolding = (
  outcomes: readonly HoldEffect[],
  settled: readonly SettledBySpend[],
) => void;

/** Counts new spends that name holds; the same event once more is not counted. */
export function countHoldingSpends(metrics: Metrics): CountHolding {
  const naming = metrics.counter(
    'ingest_spends_naming_holds_total',
    'New spends that name a hold, by what became of it',
    ['outcome'],
  );
  const overruns = metrics.counter(
    'ingest_hold_overruns_total',
    'Holds settled by spends of more than was held',
  );
  const late = metrics.counter(
    'ingest_hold_late_settles_total',
    'Holds settled by spends after their expiry',
  );
  return (outcomes, settled) => {
    for (const outcome of outcomes) naming.inc({ outcome });
    for (const hold of settled) {
      if (hold.overrunPico > 0n) overruns.inc();
      if (hold.late) late.inc();
    }
  };
}
