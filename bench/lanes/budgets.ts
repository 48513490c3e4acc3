import { CHECK_PATH, checkCalls } from '../ledger/check-calls';
import { GrownLedger } from '../ledger/grown-ledger';
import { benchUsers } from '../ledger/record-users';
import { startPostgres } from '../ledger/start-postgres';
import { startLoadGenerator, type LoadResult } from '../load/generator';
import { median } from '../measure/median';
import { takeTurns, type Subject } from '../measure/take-turns';
import { figureOf, type Column, type LaneReport } from '../report';
import type { LaneOptions } from './lane-options';

const USERS = 1000;
/** How often each of 20,000 events comes. */
const TIMES = [5, 50, 500];
const BOUNDS = { limit: 1.5, atMost: 1.1 };
/** Few calls under way, so that the time of one is its own and not that of a queue. */
const LOAD = { connections: 1, streams: 4 };

type Sample = LoadResult;

const COLUMNS: readonly Column<Sample>[] = [
  { title: 'p50 ms', digits: 3, of: ({ p50Ms }) => p50Ms },
  { title: 'p99 ms', digits: 3, of: ({ p99Ms }) => p99Ms },
  { title: 'per s', digits: 0, of: ({ answers, seconds }) => answers / seconds },
];

/** Checks with five budgets on each scope, in ledgers of different sizes side by side: size should not show. */
export async function benchBudgets(options: LaneOptions): Promise<LaneReport> {
  const stopPostgres = await startPostgres(options.databaseUrl);
  const ledgers: GrownLedger[] = [];
  try {
    const users = benchUsers(USERS);
    for (const times of TIMES) {
      options.say(`a ledger of ${(times * 20_000).toLocaleString('en-US')} events`);
      ledgers.push(await GrownLedger.open(users, times));
    }
    return await benchLedgers(ledgers, options);
  } finally {
    for (const ledger of ledgers) await ledger.stop();
    await stopPostgres();
  }
}

async function benchLedgers(
  ledgers: readonly GrownLedger[],
  { rounds, measureMs, say }: LaneOptions,
): Promise<LaneReport> {
  const calls = checkCalls(benchUsers(USERS));
  const load = { ...LOAD, path: CHECK_PATH, calls, warmUpMs: measureMs / 4, measureMs };
  const generator = startLoadGenerator();
  try {
    const subjects = ledgers.map(({ events, process }): Subject<Sample> => {
      const [host, port] = process.grpcAddress.split(':') as [string, string];
      return {
        name: `${events.toLocaleString('en-US')} events`,
        measure: () => generator.run({ ...load, host, port: Number(port) }),
      };
    });
    const samples = await takeTurns(subjects, {
      rounds,
      onSample: (round, { name }, { p50Ms }) =>
        say(`round ${round || 'to warm up'}: ${name} ${p50Ms.toFixed(3)} ms`),
    });
    return report(subjects, samples);
  } finally {
    generator.stop();
  }
}

function report(subjects: readonly Subject<Sample>[], samples: readonly Sample[][]): LaneReport {
  const [first, last] = [samples[0]!, samples.at(-1)!];
  const foreign = samples.flat().reduce((sum, sample) => sum + sample.foreign, 0);
  if (foreign > 0) throw new Error(`${foreign} checks were answered for another account`);
  const ratios = last.map(({ p50Ms }, round) => p50Ms / first[round]!.p50Ms);
  const name = `p50 with ${subjects.at(-1)!.name} / with ${subjects[0]!.name}`;
  return {
    lane: 'budgets',
    what: `checks over gRPC of ${USERS} scopes with 5 budgets each, ${LOAD.streams} under way`,
    columns: COLUMNS,
    figures: subjects.map((subject, n) => figureOf(subject.name, samples[n]!, COLUMNS)),
    outcomes: [{ name, value: median(ratios) ?? NaN, ...BOUNDS }],
  };
}
