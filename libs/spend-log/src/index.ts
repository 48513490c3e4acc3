export * from './ledger-settings';
export * from './open-ledger';
export type { ConsumptionOptions } from './postgres/postgres-consumption';
export * from './postgres/postgres-spend-log';
export * from './spend-log';
