export * from './hold';
export { heldAccountsOf, HoldBook, partitionOfHold, type HeldAccount } from './hold-book';
export * from './hold-id';
export { lockAccounts } from './lock-accounts';
export * from './outbox';
export * from './read-holds';
export * from './settle-by-spends';
export * from './settle-event';
export { writeBook } from './write-book';
