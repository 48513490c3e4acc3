import { setTimeout as sleep } from 'node:timers/promises';
import { shareOf } from '../measure/median';
import { HttpConnection } from './http-connection';
import { spendBodies, stampIds, type SpendBody } from './spend-mix';
import { takeOrders, Worker } from './worker';

/** Records spends over HTTP: as many requests at a time as there are connections. */
export interface RecordOrder {
  /** `host:port` of ingest. */
  readonly address: string;
  readonly connections: number;
  readonly eventsEach: number;
  /** Then the first ones come again, with other ids. */
  readonly differentEvents: number;
  /** No event of the ledger may have this number or a later one yet. */
  readonly firstId: number;
  /** Answers in this time are not counted. */
  readonly warmUpMs: number;
  readonly measureMs: number;
  /** Ends when so many have been sent. */
  readonly mostEvents?: number;
}

export interface RecordResult {
  /** Events acknowledged while it was measured. */
  readonly events: number;
  /** All that were sent, and acknowledged. */
  readonly sent: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export type Recorder = Worker<RecordOrder, RecordResult>;

export function startRecorder(): Recorder {
  return Worker.start(__filename, 'the recorder');
}

if (require.main === module) takeOrders(record);

let bodies: SpendBody[] = [];

async function record(order: RecordOrder, measuring: () => void): Promise<RecordResult> {
  const { eventsEach, differentEvents, mostEvents = Infinity, warmUpMs, measureMs } = order;
  if (bodies.length * eventsEach !== differentEvents || bodies[0]!.events !== eventsEach) {
    bodies = spendBodies(Math.ceil(differentEvents / eventsEach), eventsEach);
  }
  const millis: number[] = [];
  let [sent, counted, isCounting, stopped] = [0, 0, false, false];
  const keepSending = async (connection: HttpConnection): Promise<void> => {
    while (!stopped && sent < mostEvents) {
      const body = bodies[(sent / eventsEach) % bodies.length]!;
      stampIds(body, order.firstId + sent);
      sent += eventsEach;
      const startedMs = performance.now();
      await connection.post('/v1/events', contentTypeOf(eventsEach), body.bytes);
      if (!isCounting) continue;
      counted += eventsEach;
      millis.push(performance.now() - startedMs);
    }
  };
  const opened = await openAll(order.address, order.connections);
  const sending = Promise.all(opened.map(keepSending));
  await Promise.race([sleep(warmUpMs), sending]);
  measuring();
  isCounting = true;
  const startedMs = performance.now();
  await Promise.race([sleep(measureMs), sending]);
  isCounting = false;
  const seconds = (performance.now() - startedMs) / 1000;
  stopped = true;
  await sending;
  for (const connection of opened) connection.close();
  const share = shareOf(millis);
  return { events: counted, sent, seconds, p50Ms: share(0.5), p99Ms: share(0.99) };
}

function openAll(address: string, count: number): Promise<HttpConnection[]> {
  return Promise.all(Array.from({ length: count }, () => HttpConnection.open(address)));
}

export function contentTypeOf(eventsEach: number): string {
  return `application/cloudevents${eventsEach === 1 ? '' : '-batch'}+json`;
}
