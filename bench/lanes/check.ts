import { EmptyService } from '../ceilings/empty-service';
import { startBenchLedger, type BenchLedger } from '../ledger/bench-ledger';
import { CHECK_PATH, checkCalls, verifyAnswers } from '../ledger/check-calls';
import { LedgerProcess } from '#libs/testing';
import { benchUsers, recordUsers } from '../ledger/record-users';
import {
  startLoadGenerator,
  type LoadGenerator,
  type LoadOrder,
  type LoadResult,
} from '../load/generator';
import { microsEach, watchCores, type CoresInUse } from '../measure/cores-in-use';
import { takeTurns, type Subject } from '../measure/take-turns';
import { coresColumns, figureOf, ratioOf, type Column, type LaneReport } from '../report';
import type { LaneOptions } from './lane-options';

const USERS = 1000;
const VERIFIED = 20;
const CONNECTIONS = 8;
const STREAMS = 32;
const FLOOR = 0.7;
const GOAL = 0.9;

interface Sample extends LoadResult {
  readonly perSecond: number;
  readonly cores: CoresInUse;
}

/** A server under load, and whose CPU time is counted meanwhile. */
interface Server {
  readonly name: string;
  /** `host:port` */
  readonly address: string;
  readonly pid: number;
  readonly postmasterPid: number | undefined;
  readonly authorization?: string;
}

const COLUMNS: readonly Column<Sample>[] = [
  { title: 'per s', digits: 0, of: ({ perSecond }) => perSecond },
  { title: 'p50 ms', digits: 1, of: ({ p50Ms }) => p50Ms },
  { title: 'p99 ms', digits: 1, of: ({ p99Ms }) => p99Ms },
  {
    title: 'CPU us',
    digits: 0,
    of: ({ cores, perSecond }) => microsEach(cores['server'], perSecond),
  },
  ...coresColumns(['server', 'postgres', 'generator', 'others']),
];

/** Budget checks over gRPC, beside a gRPC service that does nothing: the most that any check of ours could reach. */
export async function benchCheck(options: LaneOptions): Promise<LaneReport> {
  const ledger = await startBenchLedger(options.databaseUrl, { isOpen: false });
  try {
    return await benchLedger(ledger, options);
  } finally {
    await ledger.stop();
  }
}

async function benchLedger(ledger: BenchLedger, options: LaneOptions): Promise<LaneReport> {
  const { say, rounds, measureMs } = options;
  const { token } = ledger;
  const http = ledger.process.http.as(token);
  const users = benchUsers(USERS);
  say(`recording ${USERS} users with a key, a budget and spends`);
  const position = await recordUsers(http, users);
  // Two processes of one age: what one has recorded before would make it slower.
  await ledger.process.stop();
  const start = (env: Readonly<Record<string, string>>) =>
    LedgerProcess.start({ env: { DATABASE_URL: ledger.url, ...env } });
  const closed = await start({ INSECURE_NO_AUTH: '' });
  const open = await start({});
  const { grpcAddress, child } = closed;
  const known = { minPosition: position, token };
  const answer = await verifyAnswers(grpcAddress, users.slice(0, VERIFIED), known);
  const stock = await EmptyService.start('stock', answer);
  const door = await EmptyService.start('ours', answer);
  const generator = startLoadGenerator();
  try {
    const { postmasterPid } = ledger;
    const servers: Server[] = [
      {
        name: 'ledger',
        address: grpcAddress,
        pid: child.pid!,
        postmasterPid,
        authorization: `Bearer ${token}`,
      },
      emptyServer('empty Nest gRPC service', stock),
      emptyServer('empty service, our door', door),
      {
        name: 'ledger without tokens',
        address: open.grpcAddress,
        pid: open.child.pid!,
        postmasterPid,
      },
    ];
    const calls = checkCalls(users);
    const load = {
      path: CHECK_PATH,
      connections: CONNECTIONS,
      streams: STREAMS,
      calls,
      warmUpMs: measureMs / 4,
      measureMs,
    };
    const subjects = servers.map((server): Subject<Sample> => {
      return { name: server.name, measure: () => measure(generator, server, load) };
    });
    const samples = await takeTurns(subjects, {
      rounds,
      onSample: (round, { name }, { perSecond }) =>
        say(`round ${round || 'to warm up'}: ${name} ${Math.round(perSecond)}/s`),
    });
    await verifyAnswers(grpcAddress, users.slice(-VERIFIED), { token });
    return report(subjects, samples, answer.length);
  } finally {
    generator.stop();
    stock.stop();
    door.stop();
    await closed.stop();
    await open.stop();
  }
}

function emptyServer(name: string, { grpcAddress, pid }: EmptyService): Server {
  return { name, address: grpcAddress, pid, postmasterPid: undefined };
}

async function measure(
  generator: LoadGenerator,
  { address, pid, postmasterPid, authorization }: Server,
  load: Omit<LoadOrder, 'host' | 'port'>,
): Promise<Sample> {
  const [host, port] = address.split(':') as [string, string];
  let stopWatch: (() => CoresInUse) | undefined;
  const order = { ...load, host, port: Number(port), ...(authorization && { authorization }) };
  const result = await generator.run(order, () => {
    stopWatch = watchCores({ server: pid, postgres: postmasterPid, generator: generator.pid });
  });
  return { ...result, perSecond: result.answers / result.seconds, cores: stopWatch!() };
}

function report(
  subjects: readonly Subject<Sample>[],
  samples: readonly Sample[][],
  answerBytes: number,
): LaneReport {
  const [ours, stock, door, open] = samples as [Sample[], Sample[], Sample[], Sample[]];
  const foreign = ours.reduce((sum, sample) => sum + sample.foreign, 0);
  if (foreign > 0) throw new Error(`${foreign} checks were answered for another account`);
  const [ledgerName, stockName, doorName, openName] = subjects.map(({ name }) => name);
  return {
    lane: 'check',
    what: `budget checks over gRPC, ${USERS} different scopes, ${CONNECTIONS} connections x ${STREAMS} streams, answers of ${answerBytes} bytes`,
    columns: COLUMNS,
    figures: subjects.map(({ name }, index) => figureOf(name, samples[index]!, COLUMNS)),
    outcomes: [
      ratioOf(`${ledgerName} / ${stockName}`, ours, stock, { floor: FLOOR, goal: GOAL }),
      ratioOf(`${ledgerName} / ${doorName}`, ours, door),
      // What tokens cost: at most one in twenty.
      ratioOf(`${ledgerName} / ${openName}`, ours, open, { floor: 0.95, goal: 1 }),
    ],
  };
}
