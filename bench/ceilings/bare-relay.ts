import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Message, Producer } from 'kafkajs';
import { Schedule } from '../load/schedule';
import { takeOrders, Worker } from '../load/worker';
import {
  bareKafka,
  bareProducer,
  batchesOf,
  readMessages,
  sendBatch,
  type Batch,
} from './bare-kafka';

/** Sends records at a steady rate, and watches when a consumer gets them: the path of an event with nothing done. */
export interface RelayOrder {
  /** Where the records come from. */
  readonly fromTopic: string;
  readonly toTopic: string;
  readonly records: number;
  readonly perSecond: number;
  /** Records that are sent at the same time. */
  readonly eventsEach: number;
  /** Records of this time are not counted. */
  readonly warmUpMs: number;
  readonly measureMs: number;
}

export interface RelayResult {
  /** From the acknowledgement to the consumer; none for what the consumer gets first. */
  readonly visibleMs: number[];
  /** From when it was due to the acknowledgement. */
  readonly acknowledgedMs: number[];
}

export type BareRelay = Worker<RelayOrder, RelayResult>;

export function startBareRelay(): BareRelay {
  return Worker.start(__filename, 'the bare relay');
}

if (require.main === module) takeOrders(relay);

const MARK = 'mark';

interface Relay {
  readonly messages: readonly Message[];
  readonly producer: Producer;
}

let ready: Relay | undefined;
/** Told of each record that comes. */
let onArrival: (nth: string) => void = () => undefined;

async function relay(order: RelayOrder, measuring: () => void): Promise<RelayResult> {
  ready ??= await prepare(order);
  const { messages, producer } = ready;
  const { toTopic, perSecond, eventsEach, warmUpMs, measureMs } = order;
  const batches = batchesOf(messages, eventsEach);
  const run = randomUUID();
  const [visibleMs, acknowledgedMs]: number[][] = [[], []];
  const arrivals = new Map<string, PromiseWithResolvers<number>>();
  let isCounting = false;
  onArrival = (nth) => arrivals.get(nth)?.resolve(performance.now());
  const schedule = new Schedule(perSecond / eventsEach, async (nth, dueMs) => {
    const id = `${run}/${nth}`;
    const arrival = Promise.withResolvers<number>();
    arrivals.set(id, arrival);
    await sendBatch(producer, toTopic, marked(batches[nth % batches.length]!, id));
    const ackMs = performance.now();
    const arrivedMs = await arrival.promise;
    arrivals.delete(id);
    if (!isCounting) return;
    visibleMs!.push(Math.max(0, arrivedMs - ackMs));
    acknowledgedMs!.push(ackMs - dueMs);
  });
  await sleep(warmUpMs);
  measuring();
  isCounting = true;
  await Promise.race([sleep(measureMs), schedule.failed]);
  isCounting = false;
  await schedule.end();
  return { visibleMs: visibleMs!, acknowledgedMs: acknowledgedMs! };
}

/** The same batch, its first record marked. */
function marked(batch: Batch, id: string): Batch {
  return batch.map((ofPartition, nth) => {
    if (nth > 0) return ofPartition;
    const [first, ...others] = ofPartition;
    return [{ ...first!, headers: { ...first!.headers, [MARK]: id } }, ...others];
  });
}

async function prepare({ fromTopic, toTopic, records }: RelayOrder): Promise<Relay> {
  const kafka = bareKafka();
  const messages = await readMessages(kafka, fromTopic, records);
  const producer = bareProducer(kafka);
  // As the projector's own reader.
  const consumer = kafka.consumer({
    groupId: `bench-${randomUUID()}`,
    maxWaitTimeInMs: 100,
    minBytes: 1,
    maxBytesPerPartition: 512 * 1024,
    maxBytes: 4 * 1024 * 1024,
    readUncommitted: true,
  });
  await Promise.all([producer.connect(), consumer.connect()]);
  await consumer.subscribe({ topics: [toTopic], fromBeginning: true });
  const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve));
  await consumer.run({
    autoCommit: false,
    eachBatch: ({ batch }) => {
      for (const { headers } of batch.messages) onArrival(String(headers?.[MARK]));
      return Promise.resolve();
    },
  });
  await joined;
  return { messages, producer };
}
