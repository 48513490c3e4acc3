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
  const { java, jars } = await kafkaJars();
  const program = ['-cp', join(jars, '*'), resolve(__dirname, 'Produce.java')];
  const what = [brokers.join(','), topic, String(recordsEach), ...compressions];
  await promisify(execFile)(java, [...SMALL_HEAP, ...program, ...what], { timeout: RUN_MS_MAX });
  return compressions.flatMap((compression) =>
    Array.from({ length: recordsEach }, (_, index) => `java ${compression} ${index}`),
  );
}
