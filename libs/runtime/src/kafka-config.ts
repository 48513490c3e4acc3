import { type EnvReader } from './config';
import { type KafkaSecurityConfig, readKafkaSecurity } from './kafka-security-config';

/** Where a log on Kafka is, and how it is reached. */
export interface KafkaConfig {
  readonly brokers: readonly string[];
  readonly topicPrefix: string;
  readonly security: KafkaSecurityConfig;
}

/** `undefined`: the log is in Postgres. */
export function readKafka(env: EnvReader): KafkaConfig | undefined {
  const brokers = env.optional('KAFKA_BROKERS');
  const topicPrefix = env.parsed('KAFKA_TOPIC_PREFIX', {
    parse: (text) => (/^[a-zA-Z0-9._-]{0,64}$/.test(text) ? text : undefined),
    expected: 'at most 64 letters, digits, dots, underscores and dashes',
    default: '',
    example: 'staging.',
  });
  const security = readKafkaSecurity(env);
  if (brokers === undefined) {
    const isMeant = security.tls !== undefined || security.sasl !== undefined;
    if (isMeant) env.fault('KAFKA_BROKERS', 'is not set, but how to reach them is', EXAMPLE);
    return undefined;
  }
  const addresses = brokers.split(',').map((address) => address.trim());
  if (!addresses.every((address) => /^(?:[^\s:@/]+|\[[0-9a-fA-F:]+\]):\d{1,5}$/.test(address))) {
    const fault = 'must be addresses of brokers as host:port, joined with commas';
    env.fault('KAFKA_BROKERS', fault, EXAMPLE);
  }
  return { brokers: addresses, topicPrefix, security };
}

const EXAMPLE = 'localhost:9092';
