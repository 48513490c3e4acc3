export * from './apply-batch';
export * from './fence';
export * from './plan-batch';
