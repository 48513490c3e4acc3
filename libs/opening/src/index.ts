export * from './ledger-settings';
export * from './open-gateways';
export * from './open-ledger';
export * from './open-prices';
export * from './prices-on-record';
export * from './open-process';
export * from './read-hold-slots';
export * from './read-label-names';
