import { EmptyService } from '../ceilings/empty-service';
import { startBenchLedger, type BenchLedger } from '../ledger/bench-ledger';
import { CHECK_PATH, checkCalls, verifyAnswers } from '../ledger/check-calls';
import { benchUsers, recordUsers } from '../ledger/record-users';
import { LoadGenerator } from '../load/load-generator';
import { measureRounds, type Sample, type Subject } from '../measure/measure-rounds';
import { figureOf, ratioOf, type LaneReport } from '../report';

export interface LaneOptions {
  readonly databaseUrl: string | undefined;
  readonly rounds: number;
  readonly measureMs: number;
  readonly say: (line: string) => void;
}

const USERS = 1000;
const VERIFIED = 20;
const CONNECTIONS = 8;
const STREAMS = 32;
const FLOOR = 0.6;
const GOAL = 0.9;

/** Budget checks over gRPC, beside a gRPC service that does nothing: the most that any check of ours could reach. */
export async function benchCheck(options: LaneOptions): Promise<LaneReport> {
  const ledger = await startBenchLedger(options.databaseUrl);
  try {
    return await benchLedger(ledger, options);
  } finally {
    await ledger.stop();
  }
}

async function benchLedger(ledger: BenchLedger, options: LaneOptions): Promise<LaneReport> {
  const { say } = options;
  const { http, grpcAddress } = ledger.process;
  const users = benchUsers(USERS);
  say(`recording ${USERS} users with a key, a budget and spends`);
  const position = await recordUsers(http, users);
  const answer = await verifyAnswers(grpcAddress, users.slice(0, VERIFIED), position);
  const stock = await EmptyService.start('stock', answer);
  const door = await EmptyService.start('ours', answer);
  const generator = LoadGenerator.start();
  try {
    const subjects: Subject[] = [
      { name: 'ledger', address: grpcAddress, serverPid: ledger.process.child.pid!, ...ledger },
      emptySubject('empty Nest gRPC service', stock),
      emptySubject('empty service, our door', door),
    ];
    const samples = await measureRounds(generator, subjects, {
      rounds: options.rounds,
      load: {
        path: CHECK_PATH,
        connections: CONNECTIONS,
        streams: STREAMS,
        calls: checkCalls(users),
        warmUpMs: options.measureMs / 4,
        measureMs: options.measureMs,
      },
      onSample: (round, { name }, { perSecond }) =>
        say(`round ${round || 'to warm up'}: ${name} ${Math.round(perSecond)}/s`),
    });
    await verifyAnswers(grpcAddress, users.slice(-VERIFIED));
    return report(subjects, samples, answer.length);
  } finally {
    generator.stop();
    stock.stop();
    door.stop();
  }
}

function emptySubject(name: string, { grpcAddress, pid }: EmptyService): Subject {
  return { name, address: grpcAddress, serverPid: pid, postmasterPid: undefined };
}

function report(
  subjects: readonly Subject[],
  samples: readonly Sample[][],
  answerBytes: number,
): LaneReport {
  const [ours, stock, door] = samples as [Sample[], Sample[], Sample[]];
  const foreign = ours.reduce((sum, sample) => sum + sample.foreign, 0);
  if (foreign > 0) throw new Error(`${foreign} checks were answered for another account`);
  const [ledgerName, stockName, doorName] = subjects.map(({ name }) => name);
  return {
    lane: 'check',
    what: `budget checks over gRPC, ${USERS} different scopes, ${CONNECTIONS} connections x ${STREAMS} streams, answers of ${answerBytes} bytes`,
    figures: subjects.map(({ name }, index) => figureOf(name, samples[index]!)),
    ratios: [
      ratioOf(`${ledgerName} / ${stockName}`, ours, stock, { floor: FLOOR, goal: GOAL }),
      ratioOf(`${ledgerName} / ${doorName}`, ours, door),
    ],
  };
}
