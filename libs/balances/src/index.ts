export * from './freshness';
export * from './print-status';
export * from './read-budgets';
export * from './read-position';
export * from './read-snapshot';
export * from './snapshot';
