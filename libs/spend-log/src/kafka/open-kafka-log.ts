import { instantOf, type Instant } from '#libs/ledger';
import type { Database, LedgerFacts } from '#libs/postgres';
import { deadLettersOf, TOPICS } from '#libs/wire';
import { connectKafka, KAFKA_RETRY } from './connect-kafka';
import { parseKafkaLogId } from './topics/find-kafka-log';
import type { KafkaOptions } from './kafka-options';
import { KafkaReportedTopic } from './reported/kafka-reported-topic';
import { LedgerTopic } from './topics/ledger-topic';
import { KafkaSpendLog } from './kafka-spend-log';

/** What a process has of a ledger's Kafka. */
export interface OpenKafka {
  readonly log: KafkaSpendLog;
  readonly reported: KafkaReportedTopic;
  close(): Promise<void>;
}

const CLOCK = { name: 'log-clock', text: 'select ledger_now()' };
/** Fewer tries than elsewhere: the callers of these ask again by themselves. */
const FEW_TRIES = { ...KAFKA_RETRY, retries: 5 };

/** Opens the topics of a ledger, which are there. */
export async function openKafkaLog(
  database: Database,
  { id, partitions, logId }: LedgerFacts,
  options: KafkaOptions,
): Promise<OpenKafka> {
  const kafka = connectKafka(options);
  const admin = kafka.admin({ retry: FEW_TRIES });
  const producer = kafka.producer({
    idempotent: false,
    allowAutoTopicCreation: false,
    createPartitioner:
      () =>
      ({ message }) =>
        message.partition!,
    retry: FEW_TRIES,
  });
  await Promise.all([admin.connect(), producer.connect()]);
  const reported = options.topicPrefix + TOPICS.reported;
  const { topics } = await admin.fetchTopicMetadata({ topics: [deadLettersOf(reported)] });
  const group = `${options.topicPrefix}spend-ledger.${id}`;
  const place = {
    topic: options.topicPrefix + TOPICS.ledger,
    topicId: parseKafkaLogId(logId!).topicId,
    groupId: `${group}.projector`,
    partitions,
  };
  const topic = new LedgerTopic(kafka, admin, place, () => clockOf(database));
  const ranges = await topic.ranges();
  const ends = new Map([...ranges].map(([partition, { end }]) => [partition, end]));
  const log = new KafkaSpendLog(kafka, admin, producer, place, topic, options, ends);
  const reportedTopic = new KafkaReportedTopic(
    kafka,
    admin,
    producer,
    {
      topic: reported,
      groupId: `${group}.ingest`,
      deadLetterPartitions: topics[0]!.partitions.length,
    },
    options,
  );
  const close = async () => {
    await reportedTopic.close();
    await log.close();
    await Promise.all([producer.disconnect(), admin.disconnect()]);
  };
  return { log, reported: reportedTopic, close };
}

async function clockOf(database: Database): Promise<Instant> {
  const [row] = await database.prepared<readonly [string]>(CLOCK, []);
  return instantOf(row![0]);
}
