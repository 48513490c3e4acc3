export * from './column-arrays';
export * from './create-ledger';
export * from './database';
export * from './embedded/find-embedded-postgres';
export * from './embedded/start-embedded-postgres';
export * from './one-instant';
export * from './outbox';
export * from './tables';
