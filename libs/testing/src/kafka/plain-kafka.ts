import { Kafka, logLevel, type KafkaConfig } from 'kafkajs';
import { quietIdleConnections } from '#libs/spend-log';

/** kafkajs as it is, but quiet. */
export function plainKafka(
  brokers: readonly string[],
  config: Omit<KafkaConfig, 'brokers'> = {},
): Kafka {
  quietIdleConnections();
  return new Kafka({ ...config, brokers: [...brokers], logLevel: logLevel.NOTHING });
}
