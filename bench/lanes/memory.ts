import { setTimeout as sleep } from 'node:timers/promises';
import { KafkaLedger } from '../ledger/kafka-ledger';
import { startSteadyRecorder, type SteadyRecorder } from '../load/steady-recorder';
import { residentMiBOf } from '../measure/proc';
import { median } from '../measure/median';
import { figureOf, type Column, type LaneReport } from '../report';
import type { LaneOptions } from './lane-options';

const APPS = ['ingest', 'projector', 'auth'] as const;
const PER_SECOND = 1000;
const EVENTS_EACH = 10;
const QUESTIONS = PER_SECOND / EVENTS_EACH;
/** Two of five minutes. */
const FIRST_AT = 0.4;
/** A reading is the middle of several, because what is garbage comes and goes. */
const READ_MS = 1000;
const READING = 0.1;
const AT_MOST = 1.1;

interface Reading {
  readonly first: number | undefined;
  readonly last: number | undefined;
}

/** Memory of each process early and late in a steady run: nothing may pile up. */
export async function benchMemory(options: LaneOptions): Promise<LaneReport> {
  const ledger = await KafkaLedger.start(options);
  const recorder = startSteadyRecorder();
  try {
    return await benchLedger(ledger, recorder, options);
  } finally {
    recorder.stop();
    await ledger.stop();
  }
}

async function benchLedger(
  ledger: KafkaLedger,
  recorder: SteadyRecorder,
  { steadyMs, say }: LaneOptions,
): Promise<LaneReport> {
  const opened = [];
  for (const app of APPS) opened.push(await ledger.open(app));
  const [ingest, , auth] = opened.map(({ httpUrl }) => new URL(httpUrl).host);
  const pids = opened.map(({ child }) => child.pid!);
  say(`${PER_SECOND} events/s and ${QUESTIONS} checks/s for ${steadyMs / 1000} s`);
  const running = recorder.run({
    ingest: ingest!,
    auth: auth!,
    perSecond: PER_SECOND,
    eventsEach: EVENTS_EACH,
    askEach: 1,
    firstId: 0,
    warmUpMs: 0,
    measureMs: steadyMs,
  });
  const read = async (): Promise<Reading[]> => {
    const readingMs = steadyMs * READING;
    await sleep(steadyMs * FIRST_AT - readingMs);
    const first = await memoryOf(pids, readingMs);
    await sleep(steadyMs * (1 - FIRST_AT) - readingMs);
    const last = await memoryOf(pids, readingMs);
    return pids.map((_, nth) => ({ first: first[nth], last: last[nth] }));
  };
  const [readings] = await Promise.all([read(), running]);
  return report(readings, steadyMs / 1000);
}

async function memoryOf(pids: readonly number[], forMs: number): Promise<(number | undefined)[]> {
  const readings: (number | undefined)[][] = pids.map(() => []);
  for (let leftMs = forMs; leftMs > 0; leftMs -= READ_MS) {
    await sleep(Math.min(leftMs, READ_MS));
    pids.forEach((pid, nth) => readings[nth]!.push(residentMiBOf(pid)));
  }
  return readings.map(median);
}

function report(readings: readonly Reading[], seconds: number): LaneReport {
  const columns: Column<Reading>[] = [
    { title: `MiB at ${seconds * FIRST_AT} s`, digits: 0, of: ({ first }) => first },
    { title: `MiB at ${seconds} s`, digits: 0, of: ({ last }) => last },
  ];
  return {
    lane: 'memory',
    what: `memory of the processes at ${PER_SECOND} events/s and ${QUESTIONS} checks/s`,
    columns,
    figures: APPS.map((app, nth) => figureOf(app, [readings[nth]!], columns)),
    outcomes: APPS.map((name, nth) => {
      const { first, last } = readings[nth]!;
      return { name, value: (last ?? NaN) / (first ?? NaN), atMost: AT_MOST };
    }),
  };
}
