import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectionPool } from './connection-pool';
import { contentTypeOf } from './recorder';
import { spendBodies, stampIds, type SpendBody } from './spend-mix';
import { Schedule } from './schedule';
import { takeOrders, Worker } from './worker';

/**
 * Records spends over HTTP at a steady rate, whatever the answers take, and asks of some of them, as soon as they are
 * acknowledged, when a check includes them.
 */
export interface SteadyOrder {
  /** `host:port` of ingest and of auth. */
  readonly ingest: string;
  readonly auth: string;
  /** Events. */
  readonly perSecond: number;
  /** Events in one request. */
  readonly eventsEach: number;
  /** Of how many requests one is asked about, for its first event. */
  readonly askEach: number;
  /** No event of the ledger may have this number or a later one yet. */
  readonly firstId: number;
  /** Events of this time are not counted. */
  readonly warmUpMs: number;
  readonly measureMs: number;
}

export interface SteadyResult {
  /** From the acknowledgement to the first answer that includes it, of each event that was asked about. */
  readonly visibleMs: number[];
  /** From when it was due to the acknowledgement, of the same events. */
  readonly acknowledgedMs: number[];
  readonly sent: number;
}

export type SteadyRecorder = Worker<SteadyOrder, SteadyResult>;

export function startSteadyRecorder(): SteadyRecorder {
  return Worker.start(__filename, 'the steady recorder');
}

if (require.main === module) takeOrders(record);

const DIFFERENT_EVENTS = 20_000;
const INGEST_CONNECTIONS = 128;
const AUTH_CONNECTIONS = 64;

let bodies: SpendBody[] = [];

async function record(order: SteadyOrder, measuring: () => void): Promise<SteadyResult> {
  const { perSecond, eventsEach, askEach, firstId, warmUpMs, measureMs } = order;
  if (bodies[0]?.events !== eventsEach) {
    bodies = spendBodies(DIFFERENT_EVENTS / eventsEach, eventsEach);
  }
  const ingest = await ConnectionPool.open(order.ingest, INGEST_CONNECTIONS);
  const auth = await ConnectionPool.open(order.auth, AUTH_CONNECTIONS);
  const [visibleMs, acknowledgedMs]: number[][] = [[], []];
  let isCounting = false;
  const schedule = new Schedule(perSecond / eventsEach, async (nth, dueMs) => {
    const body = bodies[nth % bodies.length]!;
    const receipt = await ingest.withOne((connection) => {
      stampIds(body, firstId + nth * eventsEach);
      return connection.post('/v1/events', contentTypeOf(eventsEach), body.bytes);
    });
    const ackMs = performance.now();
    if (nth % askEach !== 0) return;
    await auth.withOne((connection) =>
      connection.post('/v1/check', JSON_TYPE, question(body, receipt)),
    );
    if (!isCounting) return;
    visibleMs!.push(performance.now() - ackMs);
    acknowledgedMs!.push(ackMs - dueMs);
  });
  await sleep(warmUpMs);
  measuring();
  isCounting = true;
  await Promise.race([sleep(measureMs), schedule.failed]);
  isCounting = false;
  await schedule.end();
  for (const pool of [ingest, auth]) pool.close();
  return {
    visibleMs: visibleMs!,
    acknowledgedMs: acknowledgedMs!,
    sent: schedule.begun * eventsEach,
  };
}

const JSON_TYPE = 'application/json';

/** A check that waits until the event is included. */
function question({ checkScope }: SpendBody, receipt: Buffer): Buffer {
  const minPosition = /"position":"([^"]+)"/.exec(receipt.toString('latin1'))![1];
  return Buffer.from(JSON.stringify({ scope: checkScope, minPosition }));
}
