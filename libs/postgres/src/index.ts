export * from './create-ledger';
export * from './database';
export * from './tables';
