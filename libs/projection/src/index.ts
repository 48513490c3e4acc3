export * from './apply-batch';
export * from './entry';
export * from './fence';
export * from './plan-batch';
export * from './projection-version';
