import type { Admin, Kafka } from 'kafkajs';
import type { FindLog, FoundLog } from '#libs/postgres';
import { deadLettersOf, TOPICS } from '#libs/wire';
import { connectKafka } from '../connect-kafka';
import type { KafkaOptions } from '../kafka-options';
import { securityFault } from '../security/read-security-files';
import { refusedAtOnce, unservedSentence } from '../security/refused-by-brokers';
import { readTopicIdentity } from './topic-identity';
import {
  createTopic,
  deadLetterTopic,
  ledgerTopic,
  reportedTopic,
  topicFault,
  type TopicRules,
} from './topic-settings';

/** Which cluster and which topic a ledger's log is: kept with the ledger, in one text. */
export interface KafkaLogId {
  readonly clusterId: string;
  readonly topicId: string;
}

export function parseKafkaLogId(logId: string): KafkaLogId {
  const [clusterId = '', topicId = ''] = logId.split('/');
  return { clusterId, topicId };
}

/** Finds the topics of a ledger on Kafka, makes those that are missing, and refuses a log that is not the ledger's. */
export function findKafkaLog(options: KafkaOptions): FindLog {
  return async (partitions, logId) => {
    if (logId === null) {
      return refused(
        'KAFKA_BROKERS is set, but this ledger keeps its log in Postgres, and a ledger has one log for ever.',
      );
    }
    const { security } = options;
    const fault = security && (securityFault(security) ?? (await refusedAtOnce(options)));
    if (fault !== undefined) return refused(fault);
    const kafka = connectKafka(options);
    const admin = kafka.admin();
    try {
      await admin.connect();
      return await find({ kafka, admin, prefix: options.topicPrefix }, partitions, logId);
    } catch (error) {
      return refused(unservedSentence(error));
    } finally {
      await admin.disconnect();
    }
  };
}

interface Cluster {
  readonly kafka: Kafka;
  readonly admin: Admin;
  readonly prefix: string;
}

async function find(
  cluster: Cluster,
  partitions: number,
  logId: string | undefined,
): Promise<FoundLog> {
  const { kafka, admin, prefix } = cluster;
  const rules = ledgerTopic(prefix + TOPICS.ledger, partitions);
  let found = await readTopicIdentity(kafka, rules.topic);
  const fault = logId === undefined ? undefined : identityFault(rules.topic, logId, found);
  if (fault !== undefined) return refused(fault);
  if (found.topicId === undefined) {
    await createTopic(admin, rules);
    found = await readTopicIdentity(kafka, rules.topic);
  } else {
    const wrong = await topicFault(admin, rules);
    if (wrong !== undefined) return refused(wrong);
  }
  const reported = prefix + TOPICS.reported;
  await makeSure(cluster, reportedTopic(reported, partitions));
  await makeSure(cluster, deadLetterTopic(deadLettersOf(reported), partitions));
  const ends = await admin.fetchTopicOffsets(rules.topic);
  return {
    ok: true,
    logId: `${found.clusterId}/${found.topicId}`,
    endOffsets: new Map(ends.map(({ partition, high }) => [partition, BigInt(high)])),
  };
}

function identityFault(
  topic: string,
  logId: string,
  found: { readonly clusterId: string; readonly topicId: string | undefined },
): string | undefined {
  const { clusterId, topicId } = parseKafkaLogId(logId);
  if (found.clusterId !== clusterId) {
    return `KAFKA_BROKERS leads to the cluster ${found.clusterId}, but the log of this ledger is on the cluster ${clusterId}, and a ledger has one log for ever.`;
  }
  if (found.topicId === undefined) {
    return `The topic ${topic} is gone, and with it the log of this ledger: bring it back before anything is recorded.`;
  }
  return found.topicId === topicId
    ? undefined
    : `The topic ${topic} was made again: it is not the one that has the log of this ledger.`;
}

/** Topics beside the log keep whatever settings they were given. */
async function makeSure({ kafka, admin }: Cluster, rules: TopicRules): Promise<void> {
  const { topicId } = await readTopicIdentity(kafka, rules.topic);
  if (topicId === undefined) await createTopic(admin, rules);
}

function refused(sentence: string): FoundLog {
  return { ok: false, sentence };
}
