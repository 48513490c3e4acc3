import { setTimeout as sleep } from 'node:timers/promises';
import { CallConnection, type Call } from './call-connection';

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

/** What the generator says: it counts from now on, it is done, or it could not go on. */
export type LoadMessage =
  | { readonly kind: 'measuring' }
  | { readonly kind: 'done'; readonly result: LoadResult }
  | { readonly kind: 'failed'; readonly reason: string };

/** A process of its own: takes one order at a time over IPC, and ends with its parent. */
process.on('message', (order: LoadOrder) => {
  generate(order).then(
    (result) => tell({ kind: 'done', result }),
    (error: unknown) => tell({ kind: 'failed', reason: String(error) }),
  );
});

async function generate(order: LoadOrder): Promise<LoadResult> {
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
  tell({ kind: 'measuring' });
  isCounting = true;
  const startedMs = performance.now();
  await sleep(measureMs);
  isCounting = false;
  const seconds = (performance.now() - startedMs) / 1000;
  await Promise.all(opened.map((connection) => connection.stop()));
  millis.sort((a, b) => a - b);
  const share = (of: number) => millis[Math.floor(of * (millis.length - 1))] ?? NaN;
  return { answers: millis.length, foreign, seconds, p50Ms: share(0.5), p99Ms: share(0.99) };
}

function tell(message: LoadMessage): void {
  process.send!(message);
}
