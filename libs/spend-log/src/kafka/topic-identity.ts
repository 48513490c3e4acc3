import type { Kafka } from 'kafkajs';
import { metadataExchange, type Exchange } from './metadata-exchange';

/** What a topic is: one that was deleted and made again under its name has another id. */
export interface TopicIdentity {
  readonly clusterId: string;
  /** `undefined`: there is no such topic. */
  readonly topicId: string | undefined;
}

const UNKNOWN_TOPIC = 3;

/** Asks the cluster over a connection of kafkajs, which has its addresses, TLS and login. */
export async function readTopicIdentity(kafka: Kafka, topic: string): Promise<TopicIdentity> {
  const cluster = clusterOf(kafka);
  await cluster.connect();
  try {
    const { connectionPool } = cluster.brokerPool.seedBroker;
    const { clusterId, errorCode, topicId } = await connectionPool.send(metadataExchange(topic));
    if (errorCode === UNKNOWN_TOPIC) return { clusterId, topicId: undefined };
    if (errorCode !== 0) throw new Error(`Kafka answered error ${errorCode} about topic ${topic}`);
    return { clusterId, topicId };
  } finally {
    await cluster.disconnect();
  }
}

interface Cluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  readonly brokerPool: {
    /** The one that was connected to first. */
    readonly seedBroker: {
      readonly connectionPool: { send<T>(exchange: Exchange<T>): Promise<T> };
    };
  };
}

/** What of kafkajs makes connections; it has no public name. */
function clusterOf(kafka: Kafka): Cluster {
  const create = Object.getOwnPropertySymbols(kafka).find(
    ({ description }) => description === 'private:Kafka:createCluster',
  );
  if (!create) throw new Error('this kafkajs has no private:Kafka:createCluster');
  const members = kafka as unknown as Record<symbol, (options: object) => Cluster>;
  return members[create]!({ allowAutoTopicCreation: false });
}
