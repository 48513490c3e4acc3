import type { Caller } from '#libs/access';
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
  handle: (item: T) => Promise<R>,
): Promise<R[]> {
  const results = new Map<number, R>();
  for (const now of [false, true]) {
    const handleNow = async (item: T, n: number): Promise<void> => {
      if (isCorrection(item) === now) results.set(n, await handle(item));
    };
    await Promise.all(items.map(handleNow));
  }
  return items.map((_, n) => results.get(n)!);
}
