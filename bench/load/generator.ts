import { setTimeout as sleep } from 'node:timers/promises';
import { shareOf } from '../measure/median';
import { CallConnection, type Call } from './call-connection';
import { takeOrders, Worker } from './worker';

/** What a run of the generator is to do. */
export interface LoadOrder {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly connections: number;
  /** Calls under way at the same time on each connection. */
  readonly streams: number;
  readonly calls: readonly Call[];
  /** Answers in this time are not counted. */
  readonly warmUpMs: number;
  readonly measureMs: number;
}

export interface LoadResult {
  readonly answers: number;
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
  const { connections, calls, warmUpMs, measureMs } = order;
  const millis: number[] = [];
  let foreign = 0;
  let isCounting = false;
  const onAnswer = (tookMs: number, isOwn: boolean): void => {
    if (!isCounting) return;
    millis.push(tookMs);
    if (!isOwn) foreign += 1;
  };
  const opened = await Promise.all(
    Array.from({ length: connections }, (_, index) => {
      const firstCall = Math.floor((index * calls.length) / connections);
      return CallConnection.open({ ...order, firstCall, onAnswer });
    }),
  );
  await sleep(warmUpMs);
  measuring();
  isCounting = true;
  const startedMs = performance.now();
  await sleep(measureMs);
  isCounting = false;
  const seconds = (performance.now() - startedMs) / 1000;
  await Promise.all(opened.map((connection) => connection.stop()));
  const share = shareOf(millis);
  return { answers: millis.length, foreign, seconds, p50Ms: share(0.5), p99Ms: share(0.99) };
}
