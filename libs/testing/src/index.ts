export * from './grpc-ledger';
export * from './http-ledger';
export * from './ledger-process';
export * from './test-database';
