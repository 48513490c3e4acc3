import { createTestTopics } from '#libs/testing';
import { TOPICS } from '#libs/wire';
import { startBareSender } from '../ceilings/bare-sender';
import { fillLedger } from '../ledger/fill-ledger';
import { KafkaLedger } from '../ledger/kafka-ledger';
import { logEnd } from '../ledger/log-end';
import { startRecorder, type RecordOrder, type RecordResult } from '../load/recorder';
import { microsEach, watchCores, type CoresInUse, type Watched } from '../measure/cores-in-use';
import { takeTurns, type Subject } from '../measure/take-turns';
import { coresColumns, figureOf, ratioOf, type Column, type LaneReport } from '../report';
import type { LaneOptions } from './lane-options';

/** As many events on their way on both sides. */
const BATCHES = {
  name: 'batches of 100',
  eventsEach: 100,
  underWay: 8,
  bounds: { floor: 0.4, goal: 0.8 },
};
const SINGLES = {
  name: 'single events',
  eventsEach: 1,
  underWay: 64,
  bounds: { floor: 0.3, goal: 0.7 },
};
const DIFFERENT_EVENTS = 20_000;

interface Sample extends RecordResult {
  readonly perSecond: number;
  readonly cores: CoresInUse;
}

const COLUMNS: readonly Column<Sample>[] = [
  { title: 'per s', digits: 0, of: ({ perSecond }) => perSecond },
  { title: 'p50 ms', digits: 1, of: ({ p50Ms }) => p50Ms },
  { title: 'p99 ms', digits: 1, of: ({ p99Ms }) => p99Ms },
  {
    title: 'CPU us',
    digits: 0,
    of: ({ cores, perSecond }) => microsEach(cores['sender'], perSecond),
  },
  ...coresColumns(['sender', 'kafka', 'postgres', 'generator', 'others']),
];

/** Recording over HTTP until Kafka has acknowledged it, beside kafkajs that sends the same records. */
export async function benchRecord(options: LaneOptions): Promise<LaneReport> {
  const ledger = await KafkaLedger.start(options);
  try {
    return await benchLedger(ledger, options);
  } finally {
    await ledger.stop();
  }
}

async function benchLedger(ledger: KafkaLedger, options: LaneOptions): Promise<LaneReport> {
  const { say, rounds, measureMs } = options;
  const ingest = await ledger.open('ingest');
  const scratch = await createTestTopics();
  const [recorder, bare] = [startRecorder(), startBareSender()];
  const times = { warmUpMs: measureMs / 4, measureMs };
  let sent = 0;
  try {
    const record = async (order: Pick<RecordOrder, 'connections' | 'eventsEach'>) => {
      const watched = { sender: ingest.child.pid, generator: recorder.pid, ...ledger.pids };
      const sample = await sampleOf(watched, (measuring) => {
        const address = new URL(ingest.httpUrl).host;
        return recorder.run(
          { ...order, ...times, address, differentEvents: DIFFERENT_EVENTS, firstId: sent },
          measuring,
        );
      });
      sent += sample.sent;
      return sample;
    };
    const subjects = [BATCHES, SINGLES].flatMap(({ name, eventsEach, underWay }) => [
      {
        name: `ledger, ${name}`,
        measure: () => record({ eventsEach, connections: underWay }),
      },
      {
        name: `bare kafkajs, ${name}`,
        measure: () =>
          sampleOf({ sender: bare.pid, kafka: ledger.pids.kafka }, (measuring) => {
            const toTopic = scratch.topicPrefix + TOPICS.ledger;
            const topics = { fromTopic: ledger.topic, toTopic, records: DIFFERENT_EVENTS };
            return bare.run({ ...topics, ...times, eventsEach, underWay }, measuring);
          }),
      },
    ]);
    say(`recording ${DIFFERENT_EVENTS} events for both sides to send`);
    sent += await fillLedger(recorder, ingest, DIFFERENT_EVENTS);
    const samples = await takeTurns(subjects, {
      rounds,
      onSample: (round, { name }, { perSecond }) =>
        say(`round ${round || 'to warm up'}: ${name} ${Math.round(perSecond)}/s`),
    });
    const onLog = await logEnd(ledger.topic);
    if (onLog !== sent) throw new Error(`${sent} events were recorded, the log has ${onLog}`);
    return report(subjects, samples);
  } finally {
    recorder.stop();
    bare.stop();
    await scratch.remove();
  }
}

async function sampleOf(
  watched: Watched,
  run: (measuring: () => void) => Promise<RecordResult>,
): Promise<Sample> {
  let stopWatch: (() => CoresInUse) | undefined;
  const result = await run(() => (stopWatch = watchCores(watched)));
  return { ...result, perSecond: result.events / result.seconds, cores: stopWatch!() };
}

function report(subjects: readonly Subject<Sample>[], samples: readonly Sample[][]): LaneReport {
  const [ours, bare, oursSingly, bareSingly] = samples as [Sample[], Sample[], Sample[], Sample[]];
  return {
    lane: 'record',
    what: `events over HTTP until Kafka has acknowledged them, 8 batches of 100 or 64 single events under way`,
    columns: COLUMNS,
    figures: subjects.map(({ name }, index) => figureOf(name, samples[index]!, COLUMNS)),
    outcomes: [
      ratioOf(`${BATCHES.name}: ledger / bare kafkajs`, ours, bare, BATCHES.bounds),
      ratioOf(`${SINGLES.name}: ledger / bare kafkajs`, oursSingly, bareSingly, SINGLES.bounds),
    ],
  };
}
