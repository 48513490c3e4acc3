/** `spend-ledger/journal`: the journal by itself, for tools that look into what a client keeps. Node only. */
export { FileJournal, type Adopted, type FileJournalSettings } from './file-journal.js';
export type { Journal, JournalCounts } from './journal.js';
export type { DeadEntry, Entry } from '../reports/entry.js';
