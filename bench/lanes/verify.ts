import { sql } from 'kysely';
import { PostgresLedger } from '../ledger/postgres-ledger';
import { postmasterOf } from '../ledger/postmaster';
import { startPostgres } from '../ledger/start-postgres';
import { microsEach, watchCores, type CoresInUse } from '../measure/cores-in-use';
import { median } from '../measure/median';
import { takeTurns, type Subject } from '../measure/take-turns';
import { coresColumns, figureOf, ratioOf, type Column, type LaneReport } from '../report';
import type { LaneOptions } from './lane-options';

interface Sample {
  readonly perSecond: number;
  readonly seconds: number;
  readonly cores: CoresInUse;
}

const micros = (part: string): Column<Sample> => ({
  title: `${part} us`,
  digits: 1,
  of: ({ cores, perSecond }) => microsEach(cores[part], perSecond),
});
const COLUMNS: readonly Column<Sample>[] = [
  { title: 'per s', digits: 0, of: ({ perSecond }) => perSecond },
  { title: 'seconds', digits: 1, of: ({ seconds }) => seconds },
  micros('verify'),
  micros('postgres'),
  ...coresColumns(['verify', 'postgres', 'others']),
];

/** All that verifying does, beside reading every event once. */
export async function benchVerify({
  databaseUrl,
  events,
  rounds,
  say,
}: LaneOptions): Promise<LaneReport> {
  const stopPostgres = await startPostgres(databaseUrl);
  let ledger: PostgresLedger | undefined;
  try {
    say(`recording ${events} events`);
    ledger = await PostgresLedger.filled(events);
    const postgres = await postmasterOf(ledger.database);
    const subjects: Subject<Sample>[] = [
      { name: 'verify', measure: () => verify(ledger!, events, postgres) },
      { name: 'one reading', measure: () => read(ledger!, events, postgres) },
    ];
    const samples = await takeTurns(subjects, {
      rounds,
      onSample: (round, { name }, { seconds }) =>
        say(`round ${round || 'to warm up'}: ${name} ${seconds.toFixed(1)} s`),
    });
    return {
      lane: 'verify',
      what: `every balance, bucket, window and content of ${events} events`,
      columns: COLUMNS,
      figures: subjects.map(({ name }, index) => figureOf(name, samples[index]!, COLUMNS)),
      outcomes: [
        {
          name: 'events a second',
          value: median(samples[0]!.map(({ perSecond }) => perSecond)) ?? NaN,
          floor: 40_000,
          goal: 100_000,
        },
        ratioOf('verify / one reading', samples[0]!, samples[1]!),
      ],
    };
  } finally {
    await ledger?.stop();
    await stopPostgres();
  }
}

/** The whole command. It must find no difference. */
async function verify(
  ledger: PostgresLedger,
  events: number,
  postgres: number | undefined,
): Promise<Sample> {
  const startedMs = performance.now();
  const command = ledger.command('verify', '--json');
  const stopWatch = watchCores({ verify: command.child.pid, postgres });
  const ended = command.end();
  // Of a process that has ended nothing can be read.
  let cores = stopWatch();
  const looking = setInterval(() => (cores = stopWatch()), 200);
  const code = await ended.finally(() => clearInterval(looking));
  if (code !== 0) throw new Error(`verify ended with ${code}: ${command.stdout}${command.stderr}`);
  const seconds = (performance.now() - startedMs) / 1000;
  return { perSecond: events / seconds, seconds, cores };
}

async function read(
  { database: { kysely } }: PostgresLedger,
  events: number,
  postgres: number | undefined,
): Promise<Sample> {
  return kysely.connection().execute(async (connection) => {
    await sql`set statement_timeout = 0`.execute(connection);
    const stopWatch = watchCores({ postgres });
    const startedMs = performance.now();
    await sql`select count(*), sum(hashtext(event::text)) from spend_event event`.execute(
      connection,
    );
    const seconds = (performance.now() - startedMs) / 1000;
    return { perSecond: events / seconds, seconds, cores: stopWatch() };
  });
}
