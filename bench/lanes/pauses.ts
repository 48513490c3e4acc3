import { setTimeout as sleep } from 'node:timers/promises';
import { spendEvent, type GrpcLedger } from '#libs/testing';
import { startBenchLedger, type BenchLedger } from '../ledger/bench-ledger';
import { figureOf, type Column, type LaneReport } from '../report';
import type { LaneOptions } from './lane-options';

const EVENTS = 1000;
const MIB = 1024 * 1024;
const GOAL_MS = 50;
const BATCH = 'application/cloudevents-batch+json';
const ALICE = { type: 'user', userId: 'alice' };
/** The process looks at its clock every 10 ms; what is counted of the metrics is done by then. */
const SETTLE_MS = 100;

interface Sample {
  /** The longest time for which the process's event loop stood still. */
  readonly pauseMs: number;
  readonly tookMs: number;
  readonly askedMiB: number;
  readonly answerMiB: number;
}

interface Subject {
  readonly name: string;
  /** @returns the bytes that were sent and received */
  readonly ask: () => Promise<{ readonly asked: number; readonly answered: number }>;
}

const COLUMNS: readonly Column<Sample>[] = [
  { title: 'pause ms', digits: 0, of: ({ pauseMs }) => pauseMs },
  { title: 'took ms', digits: 0, of: ({ tookMs }) => tookMs },
  { title: 'asked MiB', digits: 1, of: ({ askedMiB }) => askedMiB },
  { title: 'answer MiB', digits: 2, of: ({ answerMiB }) => answerMiB },
];

/** The longest pause of a ledger's event loop under large requests, beside a valid batch: everybody else waits for it. */
export async function benchPauses({ databaseUrl, rounds, say }: LaneOptions): Promise<LaneReport> {
  const ledger = await startBenchLedger(databaseUrl);
  const grpc = ledger.process.grpc();
  try {
    const subjects = subjectsOf(ledger, grpc);
    const samples = new Map(subjects.map(({ name }): [string, Sample[]] => [name, []]));
    for (let round = 0; round <= rounds; round += 1) {
      for (const subject of subjects) {
        const sample = await measure(ledger, subject);
        say(`${subject.name}: ${sample.pauseMs.toFixed(0)} ms`);
        // The first round is for the compiler.
        if (round > 0) samples.get(subject.name)!.push(sample);
      }
    }
    const figures = subjects.map(({ name }) => figureOf(name, samples.get(name)!, COLUMNS));
    return {
      lane: 'pauses',
      what: 'the longest pause of the event loop of a standalone under one large request',
      columns: COLUMNS,
      figures,
      outcomes: figures.map(({ name, values }) => ({
        name,
        value: values['pause ms'] ?? NaN,
        unit: 'ms',
        atMost: GOAL_MS,
      })),
    };
  } finally {
    grpc.close();
    await ledger.stop();
  }
}

async function measure(ledger: BenchLedger, { ask }: Subject): Promise<Sample> {
  await longestPauseMs(ledger);
  const began = performance.now();
  const { asked, answered } = await ask();
  const tookMs = performance.now() - began;
  await sleep(SETTLE_MS);
  const pauseMs = await longestPauseMs(ledger);
  return { pauseMs, tookMs, askedMiB: asked / MIB, answerMiB: answered / MIB };
}

/** Since the metrics were read last: the process measures it with `monitorEventLoopDelay`. */
async function longestPauseMs({ process }: BenchLedger): Promise<number> {
  const text = await (await fetch(`${process.httpUrl}/metrics`)).text();
  return Number(/^nodejs_eventloop_lag_max_seconds (\S+)$/m.exec(text)?.[1]) * 1000;
}

function subjectsOf(ledger: BenchLedger, grpc: GrpcLedger): readonly Subject[] {
  const post = (name: string, bodyOf: () => string): Subject => ({
    name,
    ask: async () => {
      const body = bodyOf();
      const response = await fetch(`${ledger.process.httpUrl}/v1/events`, {
        method: 'POST',
        headers: { 'content-type': BATCH },
        body,
      });
      return { asked: body.length, answered: (await response.arrayBuffer()).byteLength };
    },
  });
  const batch = (name: string, eventOf: (n: number) => object): Subject =>
    post(name, () => JSON.stringify(Array.from({ length: EVENTS }, (_, n) => eventOf(n))));
  let run = 0;
  const note = { note: 'x'.repeat(7_000) };
  const valid = (n: number, data: object = {}): object =>
    spendEvent(ALICE, '0.01', { id: `${run}-${n}` }, { metadata: note, ...data });
  const strangers = Object.fromEntries(
    Array.from({ length: 1_000 }, (_, n) => [`stranger-${n}`, 1]),
  );
  return [
    batch('valid, 7 KB each', (n) => {
      if (n === 0) run += 1;
      return valid(n);
    }),
    batch('repeated', (n) => valid(n)),
    batch('conflicts', (n) => valid(n, { amount: '0.02' })),
    batch('1,000 unknown members each', (n) => valid(n, strangers)),
    batch('escaped names', (n) => ({ ...valid(n), 'a"b': 'x'.repeat(7_000) })),
    post('no array, 15 MiB', () => `{"a":"${'x'.repeat(15 * MIB)}"}`),
    post('one item, 15 MiB', () => `["${'x'.repeat(15 * MIB)}"]`),
    post('brackets, 15 MiB', () => '['.repeat(15 * MIB)),
    {
      name: 'gRPC, 1,000 bad entries',
      ask: async () => {
        const fields = Object.fromEntries(
          Array.from({ length: 200 }, (_, n) => [`bad-${n}`, { numberValue: 2 ** 60 }]),
        );
        const events = Array.from({ length: EVENTS }, (_, n) => ({
          id: `g-${n}`,
          source: 'bench',
          time: { seconds: 1_777_284_000 },
          amount: '1',
          scope: { user: { user_id: 'alice' } },
          metadata: { fields },
        }));
        const answer: object = await grpc.call('IngestService', 'RecordSpendBatch', { events });
        return { asked: EVENTS * 5_000, answered: JSON.stringify(answer).length };
      },
    },
    ...['/v1/events?pageSize=1000', '/v1/spend?groupBy=account,model,day'].map((path) => ({
      name: `GET ${path}`,
      ask: async () => {
        const response = await fetch(ledger.process.httpUrl + path);
        return { asked: 0, answered: (await response.arrayBuffer()).byteLength };
      },
    })),
  ];
}
