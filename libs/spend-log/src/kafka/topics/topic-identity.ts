import type { Kafka } from 'kafkajs';
import { metadataExchange, type Exchange, type TopicMetadata } from './metadata-exchange';

/** What a topic is: one that was deleted and made again under its name has another id. */
export interface TopicIdentity {
  readonly clusterId: string;
  /** `undefined`: there is no such topic. */
  readonly topicId: string | undefined;
}

const UNKNOWN_TOPIC = 3;

/** Asks again and again what a topic is, over a connection of kafkajs, which has its addresses, TLS and login. */
export class TopicIdentityReader {
  private cluster: Cluster | undefined;

  constructor(
    private readonly kafka: Kafka,
    private readonly topic: string,
  ) {}

  async read(): Promise<TopicIdentity> {
    const cluster = (this.cluster ??= clusterOf(this.kafka));
    try {
      await cluster.connect();
      const { connectionPool } = cluster.brokerPool.seedBroker;
      return identityOf(this.topic, await connectionPool.send(metadataExchange(this.topic)));
    } catch (error) {
      // The broker that was asked may be gone for good: the next time another one is found.
      await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    const { cluster } = this;
    this.cluster = undefined;
    await cluster?.disconnect();
  }
}

/** Asks once. */
export async function readTopicIdentity(kafka: Kafka, topic: string): Promise<TopicIdentity> {
  const reader = new TopicIdentityReader(kafka, topic);
  try {
    return await reader.read();
  } finally {
    await reader.close();
  }
}

function identityOf(
  topic: string,
  { clusterId, errorCode, topicId }: TopicMetadata,
): TopicIdentity {
  if (errorCode === UNKNOWN_TOPIC) return { clusterId, topicId: undefined };
  if (errorCode !== 0) throw new Error(`Kafka answered error ${errorCode} about topic ${topic}`);
  return { clusterId, topicId };
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
