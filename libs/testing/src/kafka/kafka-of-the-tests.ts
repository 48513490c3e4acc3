import { KafkaCluster } from './kafka-cluster';
import { proveKafka } from './prove-kafka';

export interface KafkaOfTheTests {
  readonly brokers: readonly string[];
  stop(): Promise<void>;
}

/** One broker for all specs, which is known to work: the one in KAFKA_BROKERS, else one of Kafka's jars. */
export async function startKafkaOfTheTests(): Promise<KafkaOfTheTests> {
  const kafka = await findOrStart();
  try {
    await proveKafka(kafka.brokers);
  } catch (error) {
    await kafka.stop();
    throw error;
  }
  return kafka;
}

async function findOrStart(): Promise<KafkaOfTheTests> {
  const given = process.env['KAFKA_BROKERS'];
  if (given) return { brokers: given.split(','), stop: () => Promise.resolve() };
  const cluster = await KafkaCluster.start();
  return { brokers: cluster.addresses, stop: () => cluster.remove() };
}
