import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { TableCopier } from '#libs/testing';
import { fillLedger } from '../ledger/fill-ledger';
import { KafkaLedger } from '../ledger/kafka-ledger';
import { logEnd } from '../ledger/log-end';
import {
  balancedEvents,
  projectedRecords,
  resetProjection,
  setWindowedBudgets,
} from '../ledger/projection';
import { startRecorder } from '../load/recorder';
import { microsEach, watchCores, type CoresInUse } from '../measure/cores-in-use';
import { takeTurns, type Subject } from '../measure/take-turns';
import { coresColumns, figureOf, ratioOf, type Column, type LaneReport } from '../report';
import type { LaneOptions } from './lane-options';

const BOUNDS = { floor: 0.25, goal: 0.4 };
const BOUNDS_WITH_BUDGETS = { floor: 0.2, goal: 0.3 };
const COPIED = 'copied_event';
const LOOK_MS = 10;
const STALLED_MS = 30_000;

interface Sample {
  readonly perSecond: number;
  readonly cores: CoresInUse;
}

const micros = (part: string): Column<Sample> => ({
  title: `${part} us`,
  digits: 0,
  of: ({ cores, perSecond }) => microsEach(cores[part], perSecond),
});
const COLUMNS: readonly Column<Sample>[] = [
  { title: 'per s', digits: 0, of: ({ perSecond }) => perSecond },
  micros('projector'),
  micros('postgres'),
  ...coresColumns(['projector', 'postgres', 'kafka', 'generator', 'others']),
];

/** From events on Kafka to committed balances, beside COPY of the same rows into a table like that of the events. */
export async function benchProjector(options: LaneOptions): Promise<LaneReport> {
  const ledger = await KafkaLedger.start(options);
  const copier = await TableCopier.connect(ledger.databaseUrl);
  try {
    return await benchLedger(ledger, copier, options);
  } finally {
    await copier.close();
    await ledger.stop();
  }
}

async function benchLedger(
  ledger: KafkaLedger,
  copier: TableCopier,
  { events, rounds, say }: LaneOptions,
): Promise<LaneReport> {
  say(`recording ${events} events`);
  await fill(ledger, events);
  await sql`create table ${sql.table(COPIED)} (like spend_event including all)`.execute(
    ledger.database.kysely,
  );
  let rows: Buffer | undefined;
  const subjects: Subject<Sample>[] = [
    {
      name: 'projector',
      measure: async () => {
        await setWindowedBudgets(ledger.database, false);
        const sample = await project(ledger, events);
        rows ??= await copier.copyOut('spend_event');
        return sample;
      },
    },
    {
      name: 'projector, 3 budgets per account',
      measure: async () => {
        await setWindowedBudgets(ledger.database, true);
        return project(ledger, events);
      },
    },
    { name: 'COPY of the events', measure: () => copy(ledger, copier, rows!, events) },
  ];
  const samples = await takeTurns(subjects, {
    rounds,
    onSample: (round, { name }, { perSecond }) =>
      say(`round ${round || 'to warm up'}: ${name} ${Math.round(perSecond)}/s`),
  });
  const [ours, budgeted, copied] = samples as [Sample[], Sample[], Sample[]];
  return {
    lane: 'projector',
    what: `${events} events from Kafka to committed balances, rows of ${Math.round(rows!.length / events)} bytes`,
    columns: COLUMNS,
    figures: subjects.map(({ name }, index) => figureOf(name, samples[index]!, COLUMNS)),
    outcomes: [
      ratioOf('projector / COPY', ours, copied, BOUNDS),
      ratioOf('projector with budgets / COPY', budgeted, copied, BOUNDS_WITH_BUDGETS),
    ],
  };
}

async function fill(ledger: KafkaLedger, events: number): Promise<void> {
  const recorder = startRecorder();
  try {
    await fillLedger(recorder, await ledger.open('ingest'), events);
    const onLog = await logEnd(ledger.topic);
    if (onLog !== events) throw new Error(`${events} events were recorded, the log has ${onLog}`);
  } finally {
    recorder.stop();
    await ledger.close('ingest');
  }
}

/** A projector's whole life. What it takes to start is not counted: time begins when its first batches are committed. */
async function project(ledger: KafkaLedger, events: number): Promise<Sample> {
  const { database } = ledger;
  await resetProjection(database);
  try {
    const projector = ledger.spawn('projector');
    const first = await projectedPast(ledger, 0);
    const stopWatch = watchCores({
      projector: projector.child.pid,
      generator: process.pid,
      ...ledger.pids,
    });
    const last = await projectedPast(ledger, events - 1);
    const cores = stopWatch();
    const balanced = await balancedEvents(database);
    if (balanced !== events) throw new Error(`${balanced} of ${events} events are in the balances`);
    return {
      perSecond: ((last.records - first.records) * 1000) / (last.atMs - first.atMs),
      cores,
    };
  } finally {
    await ledger.close('projector');
  }
}

/** Waits until more records than that are projected. */
async function projectedPast(
  ledger: KafkaLedger,
  count: number,
): Promise<{ readonly records: number; readonly atMs: number }> {
  let before = { records: -1, atMs: performance.now() };
  for (;;) {
    const records = await projectedRecords(ledger.database);
    const atMs = performance.now();
    if (records > count) return { records, atMs };
    if (records > before.records) before = { records, atMs };
    if (atMs - before.atMs > STALLED_MS) throw new Error(`the projector stands at ${records}`);
    await sleep(LOOK_MS);
  }
}

async function copy(
  ledger: KafkaLedger,
  copier: TableCopier,
  rows: Buffer,
  events: number,
): Promise<Sample> {
  await sql`truncate ${sql.table(COPIED)}`.execute(ledger.database.kysely);
  await sql`checkpoint`.execute(ledger.database.kysely);
  const stopWatch = watchCores({ generator: process.pid, ...ledger.pids });
  const startedMs = performance.now();
  await copier.copyIn(COPIED, rows);
  const seconds = (performance.now() - startedMs) / 1000;
  return { perSecond: events / seconds, cores: stopWatch() };
}
