import { setTimeout as sleep } from 'node:timers/promises';
import { shareOf } from '../measure/median';
import { CallConnection, type AnswerSeen, type Call } from './call-connection';
import { takeOrders, Worker } from './worker';

/** What a run of the generator is to do. */
export interface LoadOrder {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  /** Sent with each call. */
  readonly authorization?: string;
  readonly connections: number;
  /** Calls under way at the same time on each connection. */
  readonly streams: number;
  readonly calls: readonly Call[];
  /** Answers in this time are not counted. */
  readonly warmUpMs: number;
  readonly measureMs: number;
  /** Ends when so many are answered, the same number on each connection. */
  readonly mostCalls?: number;
}

export interface LoadResult {
  readonly answers: number;
  /** Answers whose first field is a text that is not empty: of holds, those that were granted. */
  readonly withId: number;
  /** Answers that did not hold what their call expects. */
  readonly foreign: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export type LoadGenerator = Worker<LoadOrder, LoadResult>;

export function startLoadGenerator(): LoadGenerator {
  return Worker.start(__filename, 'the generator');
}

if (require.main === module) takeOrders(generate);

async function generate(order: LoadOrder, measuring: () => void): Promise<LoadResult> {
  const { connections, calls, warmUpMs, measureMs, mostCalls = Infinity } = order;
  const millis: number[] = [];
  let [foreign, withId, isCounting] = [0, 0, warmUpMs === 0];
  const onAnswer = (tookMs: number, { isOwn, hasId }: AnswerSeen): void => {
    if (!isCounting) return;
    millis.push(tookMs);
    if (!isOwn) foreign += 1;
    if (hasId) withId += 1;
  };
  const opened = await Promise.all(
    Array.from({ length: connections }, (_, index) => {
      const firstCall = Math.floor((index * calls.length) / connections);
      const most = { mostCalls: mostCalls / connections };
      return CallConnection.open({ ...order, ...most, firstCall, onAnswer });
    }),
  );
  if (warmUpMs > 0) await sleep(warmUpMs);
  measuring();
  isCounting = true;
  const startedMs = performance.now();
  await Promise.race([
    sleep(measureMs),
    Promise.all(opened.map((connection) => connection.whenDone())),
  ]);
  isCounting = false;
  const seconds = (performance.now() - startedMs) / 1000;
  await Promise.all(opened.map((connection) => connection.stop()));
  const share = shareOf(millis);
  const answers = millis.length;
  return { answers, withId, foreign, seconds, p50Ms: share(0.5), p99Ms: share(0.99) };
}
