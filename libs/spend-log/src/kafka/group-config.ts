import type { ConsumerConfig } from 'kafkajs';
import { KAFKA_RETRY } from './connect-kafka';
import type { KafkaOptions } from './kafka-options';

/** Shorter than the time after which a reader that gets nothing is replaced: a slow join is no stall. */
const REBALANCE_MS = 20_000;
const FETCH_WAIT_MS = 100;
const FETCH_BYTES = 4 * 1024 * 1024;

/** How this process takes part in a group of readers. kafkajs does not begin anew by itself: its reader is replaced. */
export function groupConfig(groupId: string, options: KafkaOptions): ConsumerConfig {
  return {
    groupId,
    sessionTimeout: options.sessionTimeoutMs,
    heartbeatInterval: options.heartbeatMs,
    rebalanceTimeout: Math.max(REBALANCE_MS, options.sessionTimeoutMs),
    maxWaitTimeInMs: FETCH_WAIT_MS,
    minBytes: 1,
    maxBytes: FETCH_BYTES,
    allowAutoTopicCreation: false,
    retry: { ...KAFKA_RETRY, restartOnFailure: () => Promise.resolve(false) },
  };
}
