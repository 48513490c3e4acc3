import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Engine } from '../containers/find-engine';
import { startContainer } from '../containers/start-container';
import { PROJECT_FOLDER } from '../project-folder';
import { waitUntil } from '../wait-until';
import { countBrokers } from './count-brokers';
import { serverProperties } from './server-properties';

const PORTS = { client: 9092, broker: 9094, controller: 9093 };

export interface KafkaContainer {
  readonly address: string;
  stop(): Promise<void>;
}

/** The image of SPEND_LEDGER_KAFKA_IMAGE, else the public one of the version that `docker/kafka/pom.xml` names. */
export function kafkaImage(): string {
  const given = process.env['SPEND_LEDGER_KAFKA_IMAGE'];
  if (given) return given;
  const pom = readFileSync(resolve(PROJECT_FOLDER, 'docker/kafka/pom.xml'), 'utf8');
  return `apache/kafka:${/<kafka.version>(.+)<\/kafka.version>/.exec(pom)![1]}`;
}

/** One broker in a container. @returns undefined when its image cannot be had */
export async function startKafkaContainer(
  engine: Engine,
  image: string,
): Promise<KafkaContainer | undefined> {
  const container = await startContainer(engine, {
    image,
    port: PORTS.client,
    environment: (published) => environmentOf(`${engine.host}:${published}`),
  });
  if (!container) return undefined;
  const { port, stop } = container;
  const address = `${engine.host}:${port}`;
  try {
    const isReady = async () => (await countBrokers(address)) > 0;
    await waitUntil(`Kafka at ${address} is ready`, isReady);
  } catch (error) {
    await stop();
    throw error;
  }
  return { address, stop };
}

/** As the public image reads it: `log.dirs` in KAFKA_LOG_DIRS. */
function environmentOf(advertised: string): Record<string, string> {
  const properties = serverProperties({
    node: 1,
    ports: [PORTS],
    dataDir: '/tmp/kafka-data',
    listenOn: '0.0.0.0',
    advertised,
    sessionTimeoutMinMs: 1000,
    properties: {},
  });
  const named = Object.entries(properties).map(([name, value]) => [
    `KAFKA_${name.toUpperCase().replaceAll('.', '_')}`,
    value,
  ]);
  return { KAFKA_HEAP_OPTS: '-Xmx256m', ...Object.fromEntries(named) };
}
