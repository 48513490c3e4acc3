import { sql } from 'kysely';
import { partitionOfAccount } from '#libs/ledger';
import type { Database } from '#libs/postgres';
import { GrownLedger, SPENDS_EACH, SPENT_OVER_MS } from '../ledger/grown-ledger';
import { BALANCE_PATH, balanceCalls, verifyPast, type PastTimes } from '../ledger/past-balances';
import { benchUsers, type BenchUser } from '../ledger/record-users';
import { startPostgres } from '../ledger/start-postgres';
import { startLoadGenerator } from '../load/generator';
import { shareOf } from '../measure/median';
import { takeTurns, type Subject } from '../measure/take-turns';
import { figureOf, ratioOf, type Column, type LaneReport } from '../report';
import type { LaneOptions } from './lane-options';

const USERS = 1000;
const VERIFIED = 20;
const BOUNDS = { floor: 0.3, goal: 0.7 };
/** As many as auth reads at once. */
const UNDER_WAY = 2;
const PARTITIONS = 12;

interface Sample {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly foreign: number;
}

const COLUMNS: readonly Column<Sample>[] = [
  { title: 'per s', digits: 0, of: ({ perSecond }) => perSecond },
  { title: 'p50 ms', digits: 2, of: ({ p50Ms }) => p50Ms },
  { title: 'p99 ms', digits: 2, of: ({ p99Ms }) => p99Ms },
];

/** Balances as they were, beside the same balances as they are and the bare sums in SQL. */
export async function benchAsOf(options: LaneOptions): Promise<LaneReport> {
  const stopPostgres = await startPostgres(options.databaseUrl);
  let ledger: GrownLedger | undefined;
  try {
    const users = benchUsers(USERS);
    const times = Math.max(1, Math.round(options.events / (USERS * SPENDS_EACH)));
    ledger = await GrownLedger.open(users, times);
    options.say(`a ledger of ${ledger.events.toLocaleString('en-US')} events`);
    return await benchLedger(ledger, users, times, options);
  } finally {
    await ledger?.stop();
    await stopPostgres();
  }
}

async function benchLedger(
  ledger: GrownLedger,
  users: readonly BenchUser[],
  times: number,
  { rounds, measureMs, say }: LaneOptions,
): Promise<LaneReport> {
  const knownAtMs = Date.now() - 1;
  // Between two spends of each, so that half of them are before it.
  const atMs = knownAtMs - SPENT_OVER_MS / 2 - SPENT_OVER_MS / SPENDS_EACH / 4;
  const { grpcAddress } = ledger.process;
  for (const asked of [{ atMs }, { atMs, knownAtMs }]) {
    await verifyPast(grpcAddress, users.slice(0, VERIFIED), asked, (SPENDS_EACH / 2) * times);
  }
  const generator = startLoadGenerator();
  const [host, port] = grpcAddress.split(':') as [string, string];
  const load = { host, port: Number(port), path: BALANCE_PATH, connections: 1 };
  const asking = (name: string, asked: PastTimes): Subject<Sample> => {
    const calls = balanceCalls(users, asked);
    const order = { ...load, streams: UNDER_WAY, calls, warmUpMs: measureMs / 4, measureMs };
    return {
      name,
      measure: async () => {
        const run = await generator.run(order);
        return { ...run, perSecond: run.answers / run.seconds };
      },
    };
  };
  const subjects = [
    asking('at, knownAt', { atMs, knownAtMs }),
    asking('at', { atMs }),
    asking('now', {}),
    {
      name: 'bare sum in SQL',
      measure: () => sumInSql(ledger.database, users, { atMs, knownAtMs }, measureMs),
    },
  ];
  try {
    const samples = await takeTurns(subjects, {
      rounds,
      onSample: (round, { name }, { perSecond }) =>
        say(`round ${round || 'to warm up'}: ${name} ${perSecond.toFixed(0)} per s`),
    });
    return report(ledger.events, subjects, samples);
  } finally {
    generator.stop();
  }
}

/** The least that an answer can be: the sum of the same entries, by the same index. */
async function sumInSql(
  { kysely }: Database,
  users: readonly BenchUser[],
  { atMs, knownAtMs }: Required<PastTimes>,
  measureMs: number,
): Promise<Sample> {
  const [at, knownAt] = [atMs, knownAtMs].map((ms) => new Date(ms).toISOString());
  const tookMs: number[] = [];
  const startedMs = performance.now();
  const endMs = startedMs + measureMs;
  let next = 0;
  const ask = async (): Promise<void> => {
    while (performance.now() < endMs) {
      const { userId } = users[next++ % users.length]!;
      const partition = partitionOfAccount({ kind: 'user', userId }, PARTITIONS)!;
      const askedMs = performance.now();
      await sql`
        select sum(amount) from spend_event
        where scope_type = 'user' and partition = ${partition} and user_id = ${userId}
          and time < ${at} and known_at <= ${knownAt}`.execute(kysely);
      tookMs.push(performance.now() - askedMs);
    }
  };
  await Promise.all(Array.from({ length: UNDER_WAY }, ask));
  const seconds = (performance.now() - startedMs) / 1000;
  const share = shareOf(tookMs);
  const perSecond = tookMs.length / seconds;
  return { perSecond, p50Ms: share(0.5), p99Ms: share(0.99), foreign: 0 };
}

function report(
  events: number,
  subjects: readonly Subject<Sample>[],
  samples: readonly Sample[][],
): LaneReport {
  const [asKnown, at, now, bare] = samples as [Sample[], Sample[], Sample[], Sample[]];
  const foreign = samples.flat().reduce((sum, sample) => sum + sample.foreign, 0);
  if (foreign > 0) throw new Error(`${foreign} balances were answered for another account`);
  return {
    lane: 'as-of',
    what: `balances over gRPC as they were, in a ledger of ${events.toLocaleString('en-US')} events, ${UNDER_WAY} under way`,
    columns: COLUMNS,
    figures: subjects.map((subject, n) => figureOf(subject.name, samples[n]!, COLUMNS)),
    outcomes: [
      ratioOf('at, knownAt / bare sum in SQL', asKnown, bare, BOUNDS),
      ratioOf('at, knownAt / now', asKnown, now),
      ratioOf('at / now', at, now),
    ],
  };
}
