export * from './ledger-settings';
export * from './open-gateways';
export * from './open-ledger';
export * from './open-prices';
export * from './open-process';
