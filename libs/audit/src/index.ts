export * from './as-of/read-balance-as-of';
export * from './as-of/reach-known-at';
export * from './as-of/sum-as-of';
export { isIdOfDecision } from './explain/decision-then';
export * from './explain/account-document';
export * from './explain/decision-document';
export type { Entry } from './explain/entry';
export * from './explain/entry-document';
export * from './explain/explain-account';
export * from './explain/explain-decision';
export type {
  EntrySums,
  ExplainedWindow,
  RunningEntry,
  WindowAsked,
} from './explain/explain-window';
export type { Priced } from './explain/priced';
export type { HoldThen } from './explain/held-then';
export type { NotCounted } from './explain/not-counted/read-not-counted';
export * from './export/export-filter';
export * from './export/read-export';
export * from './statement/close-month';
export { ClosedMonths, type ClosedMonth } from './statement/closed-months';
export * from './statement/read-statement';
export * from './statement/statement';
export * from './statement/statement-document';
