import { randomUUID } from 'node:crypto';
import {
  findKafkaLog,
  openKafkaLog,
  type KafkaOptions,
  type NewRecord,
  type SpendLog,
} from '#libs/spend-log';
import {
  createTestDatabase,
  deleteTopics,
  newTopicPrefix,
  TEST_CURRENCY,
  testKafkaOptions,
} from '#libs/testing';
import { TOPICS } from '#libs/wire';
import { naiveKafka } from './naive-kafka';
import { readBack } from './read-back';

/** A ledger's log on the brokers of a spec's own, as one process has it. */
export interface KafkaLedger {
  readonly log: SpendLog;
  readonly topic: string;
  /** Looks for the log anew, as a process does that starts. @returns why it would not start */
  fault(): Promise<string | undefined>;
  close(): Promise<void>;
}

export async function openKafkaLedger(
  brokers: readonly string[],
  partitions: number,
  given: Partial<KafkaOptions> = {},
): Promise<KafkaLedger> {
  const topicPrefix = newTopicPrefix();
  const options = { ...testKafkaOptions(topicPrefix), brokers, ...given };
  const found = await findKafkaLog(options)(partitions, undefined);
  if (!found.ok) throw new Error(found.sentence);
  const { logId } = found;
  const facts = { id: randomUUID(), currency: TEST_CURRENCY, partitions, logId };
  const db = await createTestDatabase();
  const { log, close } = await openKafkaLog(db.database, facts, options);
  return {
    log,
    topic: topicPrefix + TOPICS.ledger,
    fault: async () => {
      const again = await findKafkaLog(options)(partitions, logId);
      return again.ok ? undefined : again.sentence;
    },
    close: async () => {
      await close();
      await deleteTopics(topicPrefix, naiveKafka(brokers));
      await db.drop();
    },
  };
}

export function textRecord(partition: number, text: string): NewRecord {
  return { partition, headers: { ce_id: text }, value: Buffer.from(text) };
}

/** What was acknowledged, and where it was said to be. */
export class Acknowledged {
  private readonly records: { partition: number; offset: bigint; text: string }[] = [];

  constructor(private readonly ledger: KafkaLedger) {}

  async append(...records: readonly NewRecord[]): Promise<void> {
    const offsets = await this.ledger.log.append(records);
    records.forEach(({ partition, value }, index) => {
      this.records.push({ partition, offset: offsets[index]!, text: value.toString() });
    });
  }

  /** Reads the log back from its beginning. @returns how many acknowledged records are where they were said to be */
  async found(brokers: readonly string[]): Promise<{ acknowledged: number; onLog: number }> {
    const log = await readBack(brokers, this.ledger.topic);
    const onLog = this.records.filter(
      ({ partition, offset, text }) => log[partition]![Number(offset)] === text,
    );
    return { acknowledged: this.records.length, onLog: onLog.length };
  }
}
