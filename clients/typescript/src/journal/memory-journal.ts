import { countStates, type DeadEntry, type Entry } from '../reports/entry.js';
import type { Journal, JournalCounts } from './journal.js';

/** A journal that dies with its process. */
export class MemoryJournal implements Journal {
  private readonly entries = new Map<string, Entry>();
  private dead = 0;

  constructor(private readonly maxEntries: number) {}

  put(entry: Entry): void {
    if (!this.entries.has(entry.id) && this.entries.size >= this.maxEntries) {
      throw new Error(
        `${this.maxEntries} reports wait for the ledger, and there is no room for more. See that the ledger runs.`,
      );
    }
    this.entries.set(entry.id, entry);
  }

  async saved(): Promise<void> {}

  delay(): void {}

  drop(id: string): void {
    this.entries.delete(id);
  }

  bury({ entry }: DeadEntry): void {
    if (this.entries.delete(entry.id)) this.dead += 1;
  }

  get pending(): number {
    return this.entries.size;
  }

  counts(): JournalCounts {
    return { ...countStates(this.entries.values()), dead: this.dead };
  }

  async close(): Promise<void> {}
}
