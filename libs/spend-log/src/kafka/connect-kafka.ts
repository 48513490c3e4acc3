import { Kafka, logLevel, type RetryOptions } from 'kafkajs';
import { registerCodecs } from './codecs/codecs';
import type { KafkaOptions } from './kafka-options';
import { saslOptions, tlsSockets } from './security/secure-connections';
import { quietIdleConnections } from './timer-override';

/**
 * How long kafkajs goes on by itself after an error: broker restarts pass unnoticed, and a loop of its own ends.
 * Stated in full, since its defaults differ where NODE_ENV is `test`.
 */
export const KAFKA_RETRY = {
  retries: 20,
  initialRetryTime: 100,
  maxRetryTime: 1000,
  factor: 0.2,
  multiplier: 2,
} as const;
const CONNECT_MS = 3000;
/** Longer than any broker takes that lives; a frozen one is noticed so. */
const REQUEST_MS = 10_000;

/** kafkajs with what it needs to be safe (`codecs.ts`, `timer-override.ts`). */
export function connectKafka(options: KafkaOptions, retry: RetryOptions = KAFKA_RETRY): Kafka {
  registerCodecs();
  quietIdleConnections();
  const { onDebug, security } = options;
  const socketFactory = options.socketFactory ?? (security?.tls && tlsSockets(security.tls));
  return new Kafka({
    brokers: [...options.brokers],
    clientId: options.clientId,
    connectionTimeout: CONNECT_MS,
    requestTimeout: REQUEST_MS,
    retry,
    logLevel: onDebug ? logLevel.INFO : logLevel.NOTHING,
    ...(onDebug && {
      logCreator: () => (entry) => onDebug(`kafkajs: ${entry.namespace} ${entry.log.message}`),
    }),
    ...(socketFactory && { socketFactory }),
    ...(security?.sasl && { sasl: saslOptions(security.sasl) }),
  });
}
