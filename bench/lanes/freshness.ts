import { createTestTopics } from '#libs/testing';
import { TOPICS } from '#libs/wire';
import { startBareRelay, type RelayResult } from '../ceilings/bare-relay';
import { fillLedger } from '../ledger/fill-ledger';
import { KafkaLedger } from '../ledger/kafka-ledger';
import { startRecorder } from '../load/recorder';
import { startSteadyRecorder } from '../load/steady-recorder';
import { watchCores, type CoresInUse, type Watched } from '../measure/cores-in-use';
import { median, shareOf } from '../measure/median';
import { takeTurns } from '../measure/take-turns';
import { coresColumns, figureOf, type Column, type LaneReport, type Outcome } from '../report';
import type { LaneOptions } from './lane-options';

const LOADS = [
  { perSecond: 100, eventsEach: 1 },
  { perSecond: 2000, eventsEach: 20 },
];
const GOAL_MS = 100;
const RECORDS = 2000;
/** Longer than elsewhere: a hundredth of all questions should be more than a few. */
const MEASURES = 2.5;

type Load = (typeof LOADS)[number];

interface Sample {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly ackP50Ms: number;
  readonly ackP99Ms: number;
  readonly cores: CoresInUse;
}

const ms = (title: string, of: (sample: Sample) => number): Column<Sample> => ({
  title,
  digits: 1,
  of,
});
const COLUMNS: readonly Column<Sample>[] = [
  ms('p50 ms', ({ p50Ms }) => p50Ms),
  ms('p99 ms', ({ p99Ms }) => p99Ms),
  ms('ack p50', ({ ackP50Ms }) => ackP50Ms),
  ms('ack p99', ({ ackP99Ms }) => ackP99Ms),
  ...coresColumns([
    'ingest',
    'projector',
    'auth',
    'bare',
    'kafka',
    'postgres',
    'generator',
    'others',
  ]),
];

/** From an event's acknowledgement to the first check that includes it, beside a kafkajs consumer that does nothing. */
export async function benchFreshness(options: LaneOptions): Promise<LaneReport> {
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
  const projector = await ledger.open('projector');
  const auth = await ledger.open('auth');
  const scratch = await createTestTopics();
  const [filler, recorder, relay] = [startRecorder(), startSteadyRecorder(), startBareRelay()];
  const times = { warmUpMs: measureMs / 2, measureMs: measureMs * MEASURES };
  try {
    let firstId = await fillLedger(filler, ingest, RECORDS);
    const watched = {
      ingest: ingest.child.pid,
      projector: projector.child.pid,
      auth: auth.child.pid,
      generator: recorder.pid,
      ...ledger.pids,
    };
    const record = async (load: Load): Promise<Sample> => {
      const addresses = { ingest: hostOf(ingest.httpUrl), auth: hostOf(auth.httpUrl) };
      const order = { ...addresses, ...times, ...load, askEach: 1, firstId };
      return sampleOf(watched, async (measuring) => {
        const result = await recorder.run(order, measuring);
        firstId += result.sent;
        return result;
      });
    };
    const topics = { fromTopic: ledger.topic, toTopic: scratch.topicPrefix + TOPICS.ledger };
    const subjects = LOADS.flatMap((load) => [
      { name: `ledger, ${load.perSecond}/s`, measure: () => record(load) },
      {
        name: `bare kafkajs, ${load.perSecond}/s`,
        measure: () =>
          sampleOf({ bare: relay.pid, kafka: ledger.pids.kafka }, (measuring) =>
            relay.run({ ...topics, ...times, records: RECORDS, ...load }, measuring),
          ),
      },
    ]);
    const samples = await takeTurns(subjects, {
      rounds,
      onSample: (round, { name }, { p50Ms, p99Ms }) =>
        say(
          `round ${round || 'to warm up'}: ${name} p50 ${p50Ms.toFixed(1)}, p99 ${p99Ms.toFixed(1)} ms`,
        ),
    });
    return {
      lane: 'freshness',
      what: 'events over HTTP from their acknowledgement to the first check that includes them, which looks each 5 ms; 100/s one by one, 2000/s in batches of 20',
      columns: COLUMNS,
      figures: subjects.map(({ name }, index) => figureOf(name, samples[index]!, COLUMNS)),
      outcomes: LOADS.map(({ perSecond }, nth) => p99Of(perSecond, samples[2 * nth]!)),
    };
  } finally {
    for (const worker of [filler, recorder, relay]) worker.stop();
    await scratch.remove();
  }
}

async function sampleOf(
  watched: Watched,
  run: (measuring: () => void) => Promise<RelayResult>,
): Promise<Sample> {
  let stopWatch: (() => CoresInUse) | undefined;
  const { visibleMs, acknowledgedMs } = await run(() => (stopWatch = watchCores(watched)));
  const [visible, acknowledged] = [shareOf(visibleMs), shareOf(acknowledgedMs)];
  return {
    p50Ms: visible(0.5),
    p99Ms: visible(0.99),
    ackP50Ms: acknowledged(0.5),
    ackP99Ms: acknowledged(0.99),
    cores: stopWatch!(),
  };
}

function p99Of(perSecond: number, samples: readonly Sample[]): Outcome {
  const value = median(samples.map(({ p99Ms }) => p99Ms)) ?? NaN;
  return { name: `p99 at ${perSecond}/s`, value, unit: 'ms', atMost: GOAL_MS };
}

function hostOf(url: string): string {
  return new URL(url).host;
}
