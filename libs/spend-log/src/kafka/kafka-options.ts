import type { ISocketFactory } from 'kafkajs';
import type { ReadLimits } from '../postgres/read-records';
import type { KafkaSecurity } from './security/kafka-security';

/** How a process works with a log on Kafka. */
export interface KafkaOptions {
  /** `host:port` of some brokers of the cluster. */
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly security?: KafkaSecurity;
  /** Stands before the names of topics and groups, so that several ledgers can share a cluster. */
  readonly topicPrefix: string;
  /** How long the broker waits for a sign of life of a reader before others get its partitions. */
  readonly sessionTimeoutMs: number;
  readonly heartbeatMs: number;
  /** How often a reader asks where the log ends. */
  readonly endsEveryMs: number;
  /** How long a reader may get nothing of what the log holds before it is replaced. */
  readonly stallMs: number;
  /** How long it waits after an error. */
  readonly retryMs: number;
  /** How long an append may wait for the brokers; its records are then on their way still. */
  readonly appendWaitMs: number;
  /** Most records on their way to the brokers. */
  readonly maxPending: number;
  /** Most of one partition in one send. */
  readonly sendLimits: ReadLimits;
  /** Most of one partition that is applied in one transaction. */
  readonly applyLimits: ReadLimits;
  /** Most of one partition that waits to be applied; more is not fetched meanwhile. */
  readonly prefetchLimits: ReadLimits;
  /** Most reported records that are judged at once, of each of so many partitions. */
  readonly reportedBatch: number;
  readonly reportedConcurrency: number;
  readonly onError: (error: unknown, doing: string) => void;
  /** What kafkajs itself has to say, for the search for a fault in it. */
  readonly onDebug?: (line: string) => void;
  /** For tests: where connections come from. */
  readonly socketFactory?: ISocketFactory;
}

/** The limits that rarely change. */
export const KAFKA_LIMITS = {
  sessionTimeoutMs: 10_000,
  heartbeatMs: 1000,
  endsEveryMs: 200,
  stallMs: 30_000,
  retryMs: 500,
  appendWaitMs: 10_000,
  maxPending: 20_000,
  sendLimits: { records: 2000, bytes: 512 * 1024 },
  applyLimits: { records: 1000, bytes: 4 * 1024 * 1024 },
  reportedBatch: 500,
  reportedConcurrency: 4,
  prefetchLimits: { records: 2000, bytes: 4 * 1024 * 1024 },
} as const;
