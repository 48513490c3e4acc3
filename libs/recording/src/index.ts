export * from './claim-budget-revision';
export * from './claim-events';
export * from './record-item';
export * from './record-round';
