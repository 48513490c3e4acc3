export { accountEntries, type AccountEntries } from './account-entries';
export * from './as-of/read-balance-as-of';
export * from './as-of/reach-known-at';
export * from './as-of/sum-as-of';
export * from './balance';
export * from './covered-accounts';
export * from './entries/entry-filter';
export * from './entries/entry-row';
export * from './entries/find-event';
export * from './entries/list-entries';
export * from './entries/page-events';
export * from './entries/page-size';
export * from './entries/page-spend';
export * from './entries/print-entry';
export * from './entries/spend-groups';
export * from './export/export-filter';
export * from './export/read-export';
export * from './freshness';
export * from './ledger-now';
export * from './limit-revisions';
export * from './page-budgets';
export * from './page-revisions';
export * from './page-warnings';
export * from './print-status';
export * from './print-warning';
export * from './read-budgets';
export * from './read-events';
export * from './read-snapshot';
export * from './snapshot';
export * from './status-message';
export * from './warning-budgets';
export { isIdOfDecision } from './explain/decision-then';
export type { Entry } from './explain/entry';
export * from './explain/explain-account';
export * from './explain/explain-decision';
export type {
  EntrySums,
  ExplainedWindow,
  RunningEntry,
  WindowAsked,
} from './explain/explain-window';
export type { HoldThen } from './explain/held-then';
export type { NotCounted } from './explain/not-counted/read-not-counted';
export * from './statement/close-month';
export type { ClosedMonth } from './statement/closed-months';
export * from './statement/read-statement';
export * from './statement/statement';
