export * from './kafka/find-kafka-log';
export * from './kafka/kafka-options';
export * from './kafka/kafka-spend-log';
export * from './kafka/open-kafka-log';
export * from './ledger-settings';
export * from './open-ledger';
export type { ConsumptionOptions } from './postgres/postgres-consumption';
export * from './postgres/postgres-spend-log';
export * from './spend-log';
