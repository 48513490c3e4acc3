import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigResourceTypes, type Admin } from 'kafkajs';

/** What the ledger asks of a topic: how it is made, and what must be so where it exists. */
export interface TopicRules {
  readonly topic: string;
  readonly partitions: number;
  /** Settings a new topic gets. */
  readonly settings: Readonly<Record<string, string>>;
  /** Those of them that an existing topic must have, with why. */
  readonly required: Readonly<Record<string, string>>;
}

const COPIES = 3;
const LEAST_IN_SYNC = 2;
const CREATION_MS = 10_000;
const POLL_MS = 50;

/** The log is kept whole and for ever, and nothing that was acknowledged may be lost with one broker. */
export function ledgerTopic(topic: string, partitions: number): TopicRules {
  return {
    topic,
    partitions,
    settings: {
      'cleanup.policy': 'delete',
      'retention.ms': '-1',
      'retention.bytes': '-1',
      'unclean.leader.election.enable': 'false',
      'max.message.bytes': String(2 * 1024 * 1024),
    },
    required: {
      'cleanup.policy': 'nothing may be compacted away',
      'retention.ms': 'the record is kept for ever',
      'retention.bytes': 'the record is kept whole',
      'unclean.leader.election.enable': 'an election must not lose what was acknowledged',
    },
  };
}

/**
 * Where producers report. The broker stamps each record: the stamp is what the ledger's clock says of it, so that a
 * record which is read again after a crash is judged as it was before.
 */
export function reportedTopic(topic: string, partitions: number): TopicRules {
  return {
    topic,
    partitions,
    settings: { 'message.timestamp.type': 'LogAppendTime' },
    required: {},
  };
}

/** Takes every record of the producers' topic unchanged, with headers of the ledger's own beside it. */
export function deadLetterTopic(topic: string, partitions: number): TopicRules {
  return {
    topic,
    partitions,
    settings: { 'retention.ms': '-1', 'max.message.bytes': String(4 * 1024 * 1024) },
    required: {},
  };
}

/** Makes a topic that does not exist, with as many copies as the cluster can hold, up to three. */
export async function createTopic(admin: Admin, rules: TopicRules): Promise<void> {
  const { brokers } = await admin.describeCluster();
  const copies = Math.min(COPIES, brokers.length);
  const inSync = { 'min.insync.replicas': String(Math.min(LEAST_IN_SYNC, copies)) };
  await admin.createTopics({
    waitForLeaders: false,
    topics: [
      {
        topic: rules.topic,
        numPartitions: rules.partitions,
        replicationFactor: copies,
        configEntries: Object.entries({ ...rules.settings, ...inSync }).map(([name, value]) => ({
          name,
          value,
        })),
      },
    ],
  });
  await untilThere(admin, rules.topic);
}

/** kafkajs' own wait fails where the broker that it asks has not heard of the topic yet. */
async function untilThere(admin: Admin, topic: string): Promise<void> {
  const deadline = performance.now() + CREATION_MS;
  for (;;) {
    try {
      await admin.fetchTopicOffsets(topic);
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await sleep(POLL_MS);
    }
  }
}

/** @returns what is wrong with an existing topic, in a sentence */
export async function topicFault(admin: Admin, rules: TopicRules): Promise<string | undefined> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [rules.topic] });
  const found = topics[0]!.partitions;
  if (found.length !== rules.partitions) {
    return `The topic ${rules.topic} has ${found.length} partitions, but this ledger has ${rules.partitions}, and the number is fixed for ever.`;
  }
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: ConfigResourceTypes.TOPIC, name: rules.topic }],
  });
  const settings = new Map(
    resources[0]!.configEntries.map(({ configName, configValue }) => [configName, configValue]),
  );
  for (const [name, why] of Object.entries(rules.required)) {
    const [wanted, is] = [rules.settings[name], settings.get(name)];
    if (is !== wanted) {
      return `The topic ${rules.topic} has ${name}=${is}, but must have ${name}=${wanted}: ${why}.`;
    }
  }
  const copies = Math.min(...found.map(({ replicas }) => replicas.length));
  const inSync = Number(settings.get('min.insync.replicas'));
  if (copies >= COPIES && inSync < LEAST_IN_SYNC) {
    return `The topic ${rules.topic} has min.insync.replicas=${inSync}, but with ${copies} copies must have at least ${LEAST_IN_SYNC}: one broker must not be all that has an acknowledged record.`;
  }
  return undefined;
}
