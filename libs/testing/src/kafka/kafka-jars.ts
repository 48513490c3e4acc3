import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { PROJECT_FOLDER } from '../project-folder';

export interface KafkaJars {
  /** The command that runs them. */
  readonly java: string;
  readonly jars: string;
  /** A data folder as Kafka formats it, for node 1 of a cluster. */
  readonly formatted: string;
}

/** Longer than the script itself waits for Maven. */
const FETCH_MS_MAX = 12 * 60_000;

/** Apache Kafka's jars, fetched if this clone has none yet. Rejects with a sentence that says what is missing. */
export async function kafkaJars(): Promise<KafkaJars> {
  const script = resolve(PROJECT_FOLDER, 'scripts/kafka-jars.mjs');
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [script], {
      timeout: FETCH_MS_MAX,
    });
    return JSON.parse(stdout) as KafkaJars;
  } catch (error) {
    const said = (error as { stderr?: string }).stderr?.trim();
    throw new Error(said || 'Kafka’s jars could not be fetched', { cause: error });
  }
}
