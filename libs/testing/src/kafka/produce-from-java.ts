import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { kafkaJars } from './kafka-jars';

interface JavaBatches {
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly compressions: readonly string[];
  readonly recordsEach: number;
}

const RUN_MS_MAX = 60_000;
const SMALL_HEAP = ['-Xmx128m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];

/**
 * Writes one batch to partition 0 for each compression, with Kafka's own client.
 * @returns the values in the order of the log
 */
export async function produceFromJava(batches: JavaBatches): Promise<string[]> {
  const { brokers, topic, compressions, recordsEach } = batches;
  await runJava('Produce.java', [brokers.join(','), topic, String(recordsEach), ...compressions]);
  return compressions.flatMap((compression) =>
    Array.from({ length: recordsEach }, (_, index) => `java ${compression} ${index}`),
  );
}

interface JavaRecord {
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly value: string;
  /** `null`: a header without a value, which kafkajs cannot write. */
  readonly headers: Readonly<Record<string, string | null>>;
}

/** Writes one record to partition 0 with Kafka's own client. */
export async function reportFromJava(record: JavaRecord): Promise<void> {
  const { brokers, topic, value, headers } = record;
  const given = Object.entries(headers).map(([name, text]) =>
    text === null ? name : `${name}=${text}`,
  );
  await runJava('Report.java', [brokers.join(','), topic, value, ...given]);
}

async function runJava(file: string, given: readonly string[]): Promise<void> {
  const { java, jars } = await kafkaJars();
  const program = ['-cp', join(jars, '*'), resolve(__dirname, file)];
  await promisify(execFile)(java, [...SMALL_HEAP, ...program, ...given], { timeout: RUN_MS_MAX });
}
