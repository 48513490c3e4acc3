import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Database } from '#libs/postgres';
import type { LedgerCommand } from '#libs/testing';
import { fillLedger } from '../ledger/fill-ledger';
import { KafkaLedger } from '../ledger/kafka-ledger';
import { PostgresLedger, untilProjected } from '../ledger/postgres-ledger';
import { startRecorder } from '../load/recorder';
import { microsEach, watchCores, type CoresInUse } from '../measure/cores-in-use';
import { takeTurns, type Subject } from '../measure/take-turns';
import { coresColumns, figureOf, ratioOf, type Column, type LaneReport } from '../report';
import type { LaneOptions } from './lane-options';

const BOUNDS = { floor: 0.2, goal: 0.5 };
const COPIED = 'copied_event';
const LOOK_MS = 10;

interface Sample {
  readonly perSecond: number;
  /** From the last record to the end of the command: comparing, above all. */
  readonly compareSeconds?: number;
  readonly cores: CoresInUse;
}

const micros = (part: string): Column<Sample> => ({
  title: `${part} us`,
  digits: 0,
  of: ({ cores, perSecond }) => microsEach(cores[part], perSecond),
});
const COLUMNS: readonly Column<Sample>[] = [
  { title: 'per s', digits: 0, of: ({ perSecond }) => perSecond },
  { title: 'compare s', digits: 1, of: ({ compareSeconds }) => compareSeconds },
  micros('rebuild'),
  micros('postgres'),
  ...coresColumns(['rebuild', 'postgres', 'kafka', 'others']),
];

/** From a log to tables beside the live ones, beside a bare insert of the same event rows. */
export async function benchRebuild(options: LaneOptions): Promise<LaneReport> {
  const kafka = await KafkaLedger.start(options);
  let postgres: PostgresLedger | undefined;
  try {
    options.say(`recording ${options.events} events on Kafka`);
    await fillKafka(kafka, options.events);
    options.say(`recording ${options.events} events in Postgres`);
    postgres = await PostgresLedger.filled(options.events);
    return await measure(kafka, postgres, options);
  } finally {
    await postgres?.stop();
    await kafka.stop();
  }
}

async function fillKafka(ledger: KafkaLedger, events: number): Promise<void> {
  const recorder = startRecorder();
  try {
    await fillLedger(recorder, await ledger.open('ingest'), events);
    ledger.spawn('projector');
    await untilProjected(ledger.database, events);
  } finally {
    recorder.stop();
    await ledger.close('ingest');
    await ledger.close('projector');
  }
}

async function measure(
  kafka: KafkaLedger,
  postgres: PostgresLedger,
  { events, rounds, say }: LaneOptions,
): Promise<LaneReport> {
  await sql`create table ${sql.table(COPIED)} (like spend_event including all)`.execute(
    kafka.database.kysely,
  );
  const subjects: Subject<Sample>[] = [
    { name: 'rebuild from Postgres', measure: () => rebuild(postgres, events, kafka.pids) },
    { name: 'rebuild from Kafka', measure: () => rebuild(kafka, events, kafka.pids) },
    { name: 'insert … select', measure: () => insert(kafka, events) },
  ];
  const samples = await takeTurns(subjects, {
    rounds,
    onSample: (round, { name }, { perSecond }) =>
      say(`round ${round || 'to warm up'}: ${name} ${Math.round(perSecond)}/s`),
  });
  const [fromPostgres, fromKafka, inserted] = samples as [Sample[], Sample[], Sample[]];
  return {
    lane: 'rebuild',
    what: `${events} events from a log to tables beside the live ones`,
    columns: COLUMNS,
    figures: subjects.map(({ name }, index) => figureOf(name, samples[index]!, COLUMNS)),
    outcomes: [
      ratioOf('rebuild from Postgres / insert … select', fromPostgres, inserted, BOUNDS),
      ratioOf('rebuild from Kafka / insert … select', fromKafka, inserted, BOUNDS),
    ],
  };
}

/** Time begins when its first batches are committed, and ends when it has read all. It must find no difference. */
async function rebuild(
  ledger: { readonly database: Database; command(...args: readonly string[]): LedgerCommand },
  events: number,
  pids: KafkaLedger['pids'],
): Promise<Sample> {
  await sql`checkpoint`.execute(ledger.database.kysely);
  const command = ledger.command('rebuild', '--anew', '--json');
  const first = await rebuiltPast(ledger.database, command, 0);
  const stopWatch = watchCores({ rebuild: command.child.pid, ...pids });
  const last = await rebuiltPast(ledger.database, command, events - 1);
  const cores = stopWatch();
  const code = await command.end();
  if (code !== 0)
    throw new Error(`the rebuild ended with ${code}: ${command.stdout}${command.stderr}`);
  return {
    perSecond: ((last.records - first.records) * 1000) / (last.atMs - first.atMs),
    compareSeconds: (performance.now() - last.atMs) / 1000,
    cores,
  };
}

/** Waits until more records than that are rebuilt. */
async function rebuiltPast(
  { kysely }: Database,
  { child }: LedgerCommand,
  count: number,
): Promise<{ readonly records: number; readonly atMs: number }> {
  for (;;) {
    const { rows } = await sql<{ records: string }>`
      select sum(next_offset)::text as records from rebuild.projection_partition`
      .execute(kysely)
      // Before it has made its tables.
      .catch(() => ({ rows: [{ records: '0' }] }));
    const records = Number(rows[0]!.records);
    if (records > count) return { records, atMs: performance.now() };
    if (child.exitCode !== null) throw new Error(`the rebuild has ended at ${records} records`);
    await sleep(LOOK_MS);
  }
}

async function insert(
  { database: { kysely }, pids }: KafkaLedger,
  events: number,
): Promise<Sample> {
  return kysely.connection().execute(async (connection) => {
    await sql`set statement_timeout = 0`.execute(connection);
    await sql`truncate ${sql.table(COPIED)}`.execute(connection);
    await sql`checkpoint`.execute(connection);
    const stopWatch = watchCores(pids);
    const startedMs = performance.now();
    await sql`insert into ${sql.table(COPIED)} select * from spend_event`.execute(connection);
    const seconds = (performance.now() - startedMs) / 1000;
    return { perSecond: events / seconds, cores: stopWatch() };
  });
}
