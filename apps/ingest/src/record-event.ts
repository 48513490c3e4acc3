import type { Caller } from '#libs/access';
import type { Turns } from '#libs/runtime';
import type { ReportedAdjustment, ReportedSpend } from '#libs/wire';
import type { AdjustmentOutcome, AdjustmentRecorder } from './record-adjustment';
import type { SpendRecorder } from './record-spend';

/** Records whatever producers report. */
export class EventRecorder {
  constructor(
    private readonly spends: SpendRecorder,
    private readonly adjustments: AdjustmentRecorder,
  ) {}

  /**
   * Resolves when the log has the event (or had it). A rejection says *unknown*: send the same again.
   * @throws Problem `overloaded`, `unavailable`
   */
  record(reported: ReportedSpend | ReportedAdjustment, caller: Caller): Promise<AdjustmentOutcome> {
    return 'spend' in reported
      ? this.spends.record(reported, caller.name)
      : this.adjustments.record(reported, caller);
  }
}

/**
 * Handles what came together, corrections after the rest: one may correct a spend that came with it.
 * @returns the results in the order of the items
 */
export async function correctionsLast<T, R>(
  items: readonly T[],
  isCorrection: (item: T) => boolean,
  turns: Turns,
  handle: (item: T) => Promise<R>,
): Promise<R[]> {
  const results = new Map<number, R>();
  for (const now of [false, true]) {
    const handled: Promise<unknown>[] = [];
    const handleNow = async (item: T, n: number): Promise<void> => {
      results.set(n, await handle(item));
    };
    await turns.each(items, (item, n) => {
      if (isCorrection(item) !== now) return;
      const done = handleNow(item, n);
      // Until all are waited for together, a failure has nobody who hears of it.
      done.catch(() => undefined);
      handled.push(done);
    });
    await Promise.all(handled);
  }
  return items.map((_, n) => results.get(n)!);
}
