import { findEngine } from '../containers/find-engine';
import type { Part } from '../part';
import { KafkaCluster } from './kafka-cluster';
import { kafkaImage, startKafkaContainer } from './kafka-container';
import { proveKafka } from './prove-kafka';

export interface KafkaOfTheTests extends Part {
  readonly brokers: readonly string[];
}

/** One broker for all specs, which is known to work: the one in KAFKA_BROKERS, one in a container, or Kafka's jars. */
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
  if (given) {
    const description = `the one at ${given}`;
    return { brokers: given.split(','), description, stop: () => Promise.resolve() };
  }
  const engine = await findEngine();
  const image = kafkaImage();
  const container = engine && (await startKafkaContainer(engine, image));
  if (container) {
    const { address, stop } = container;
    return { brokers: [address], description: `${image} in a container`, stop };
  }
  const cluster = await KafkaCluster.start();
  const why = engine ? ` (${image} is neither on the engine nor can it be pulled)` : '';
  const description = `the jars that Maven fetches${why}`;
  return { brokers: cluster.addresses, description, stop: () => cluster.remove() };
}
