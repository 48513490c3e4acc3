import { setTimeout as sleep } from 'node:timers/promises';
import { shareOf } from '../measure/median';

export interface DriveOrder {
  /** Holds that are asked for at the same time. */
  readonly inFlight: number;
  /** Answers in this time are not counted. */
  readonly warmUpMs: number;
  readonly measureMs: number;
  /** Ends when so many were asked for. */
  readonly mostCalls?: number;
}

/** Of what was answered while it was measured. */
export interface DriveResult {
  readonly granted: number;
  readonly refused: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Keeps so many under way. @param take asks for the n-th hold, and says whether it was granted */
export async function drive(
  take: (nth: number) => Promise<boolean>,
  { inFlight, warmUpMs, measureMs, mostCalls = Infinity }: DriveOrder,
  measuring: () => void,
): Promise<DriveResult> {
  const millis: number[] = [];
  let [begun, granted, isCounting, stopped] = [0, 0, warmUpMs === 0, false];
  const keepTaking = async (): Promise<void> => {
    while (!stopped && begun < mostCalls) {
      const startedMs = performance.now();
      const isGranted = await take(begun++);
      if (!isCounting) continue;
      millis.push(performance.now() - startedMs);
      if (isGranted) granted += 1;
    }
  };
  const taking = Promise.all(Array.from({ length: inFlight }, keepTaking));
  if (warmUpMs > 0) await Promise.race([sleep(warmUpMs), taking]);
  measuring();
  isCounting = true;
  const startedMs = performance.now();
  await Promise.race([sleep(measureMs), taking]);
  isCounting = false;
  const seconds = (performance.now() - startedMs) / 1000;
  stopped = true;
  await taking;
  const share = shareOf(millis);
  const refused = millis.length - granted;
  return { granted, refused, seconds, p50Ms: share(0.5), p99Ms: share(0.99) };
}
