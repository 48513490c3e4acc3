export * from './freshness';
export * from './page-budgets';
export * from './print-status';
export * from './read-budgets';
export * from './read-events';
export * from './read-snapshot';
export * from './snapshot';
export * from './status-message';
