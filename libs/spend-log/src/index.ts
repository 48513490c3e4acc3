export * from './postgres/postgres-spend-log';
export * from './spend-log';
