import { setTimeout as sleep } from 'node:timers/promises';
import type { Message, Producer } from 'kafkajs';
import { shareOf } from '../measure/median';
import { takeOrders, Worker } from '../load/worker';
import type { RecordResult } from '../load/recorder';
import { bareKafka, bareProducer, batchesOf, readMessages, sendBatch } from './bare-kafka';

/** Sends records to a topic: batches of so many, and so many batches at a time. */
export interface SendOrder {
  /** Where the records come from. */
  readonly fromTopic: string;
  readonly toTopic: string;
  readonly records: number;
  readonly eventsEach: number;
  readonly underWay: number;
  /** Acknowledgements in this time are not counted. */
  readonly warmUpMs: number;
  readonly measureMs: number;
}

export type BareSender = Worker<SendOrder, RecordResult>;

export function startBareSender(): BareSender {
  return Worker.start(__filename, 'the bare sender');
}

if (require.main === module) takeOrders(send);

let messages: Message[] = [];
let producer: Producer | undefined;

async function send(order: SendOrder, measuring: () => void): Promise<RecordResult> {
  const { eventsEach, underWay, warmUpMs, measureMs } = order;
  const connected = await prepare(order);
  const batches = batchesOf(messages, eventsEach);
  const millis: number[] = [];
  let [sent, counted, isCounting, stopped] = [0, 0, false, false];
  const keepSending = async (): Promise<void> => {
    while (!stopped) {
      const batch = batches[(sent / eventsEach) % batches.length]!;
      sent += eventsEach;
      const startedMs = performance.now();
      await sendBatch(connected, order.toTopic, batch);
      if (!isCounting) continue;
      counted += eventsEach;
      millis.push(performance.now() - startedMs);
    }
  };
  const sending = Promise.all(Array.from({ length: underWay }, keepSending));
  await Promise.race([sleep(warmUpMs), sending]);
  measuring();
  isCounting = true;
  const startedMs = performance.now();
  await Promise.race([sleep(measureMs), sending]);
  isCounting = false;
  const seconds = (performance.now() - startedMs) / 1000;
  stopped = true;
  await sending;
  const share = shareOf(millis);
  return { events: counted, sent, seconds, p50Ms: share(0.5), p99Ms: share(0.99) };
}

async function prepare({ fromTopic, records }: SendOrder): Promise<Producer> {
  const kafka = bareKafka();
  if (messages.length !== records) messages = await readMessages(kafka, fromTopic, records);
  if (!producer) {
    producer = bareProducer(kafka);
    await producer.connect();
  }
  return producer;
}
