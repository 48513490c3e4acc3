export {
  ApiError,
  BatchPartlyRefused,
  BudgetExceeded,
  Conflict,
  EtagMismatch,
  EventConflict,
  Forbidden,
  HoldEnded,
  IdempotencyKeyReused,
  Invalid,
  JournalUnusable,
  LedgerError,
  LedgerUnavailable,
  NotFound,
  NotYetVisible,
  Unauthenticated,
  UnknownEvent,
} from './errors.js';
export { SpendLedger, type CheckOptions } from './ledger.js';
export { key, team, user, type Scope } from './scope.js';
export { VERSION } from './version.js';
export type { AmendOptions, Events, NewEvent, Recorded } from './events.js';
export type { Hold, Holds, SettleOptions, TakeOptions } from './holds.js';
export type { JournalCounts } from './journal/journal.js';
export type { DecimalLike, Money } from './money.js';
export type { components } from './openapi.js';
export type {
  Call,
  CostDetails,
  Interrupted,
  LedgerOptions,
  Limits,
  RawOptions,
  SpendOptions,
  Timeouts,
} from './options.js';
export type { BalanceOptions, Balances, Budgets, ListOptions } from './reads.js';
export type {
  Answer,
  Balance,
  BatchResult,
  Budget,
  CallOptions,
  Decision,
  ExtendedHold,
  FieldError,
  OnExpiry,
  Problem,
  Receipt,
  ReleasedHold,
  Settlement,
  Usage,
} from './types.js';
