import type { DeadEntry, Entry } from '../reports/entry.js';

export interface JournalCounts {
  /** Calls of this process that run. */
  readonly admitted: number;
  readonly due: number;
  /** Refused by the ledger, and kept for people to look at. */
  readonly dead: number;
}

/** Where reports wait until the ledger has them. */
export interface Journal {
  /** Writes an entry, new or changed: it survives the death of this process. @throws Error that says what to do */
  put(entry: Entry): void;
  /** Waits until what is written survives the loss of power, too. @throws Error that says what to do */
  saved(): Promise<void>;
  /** Notes until when the ledger asked to wait. */
  delay(entry: Entry, notBefore: number): void;
  /** Forgets an entry that the ledger has. */
  drop(id: string): void;
  /** Keeps an entry that the ledger has refused for good. */
  bury(dead: DeadEntry): void;
  /** Calls that run, and reports that are due. */
  readonly pending: number;
  counts(): JournalCounts;
  /** Leaves what it has to the next process. */
  close(): Promise<void>;
}
