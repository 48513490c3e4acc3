import { JournalUnusable, LedgerError } from '../errors.js';
import type { Adopted, FileJournal } from '../journal/file-journal.js';
import type { Journal, JournalCounts } from '../journal/journal.js';
import { MemoryJournal } from '../journal/memory-journal.js';
import type { Machine } from '../machine.js';
import { said } from '../said.js';
import type { DeadEntry, Entry } from './entry.js';

export interface StoreSettings {
  /** The folder of the journal; `false`: only in memory. */
  readonly journal: string | false;
  readonly ledger: string;
  readonly maxBytes: number;
  readonly maxEntries: number;
  readonly warn: (message: string, error?: unknown) => void;
}

const NOTHING: Adopted = { due: [], interrupted: [] };

/** All reports that the ledger does not have yet: in the journal, or in memory where there is none. */
export class ReportStore implements Journal {
  private readonly memory: MemoryJournal;
  private file: FileJournal | undefined;
  private opening: Promise<void> | undefined;
  private isClosed = false;

  constructor(
    private readonly settings: StoreSettings,
    private readonly machine: Machine,
  ) {
    this.memory = new MemoryJournal(settings.maxEntries);
  }

  /** Waits until reports are safe. What fails now is tried again the next time. @throws JournalUnusable */
  async ready(): Promise<void> {
    if (this.isClosed) throw new LedgerError('This client is closed. Make a new one.');
    if (this.file || this.settings.journal === false) return;
    this.opening ??= this.open(this.settings.journal).finally(() => (this.opening = undefined));
    await this.opening;
  }

  put(entry: Entry): void {
    if (this.settings.journal === false) return this.remember(entry);
    try {
      if (this.file) this.file.put(entry);
      else throw new Error('The journal is not open.');
    } catch (cause) {
      throw unusable(cause);
    }
  }

  /** As `put`, for a report that must be sent in any case: in memory, if the journal cannot be written. */
  putSomehow(entry: Entry): void {
    try {
      this.put(entry);
    } catch (error) {
      this.settings.warn(
        `A report is only in memory now, and a crash would lose it. ${said(error)}`,
      );
      this.remember(entry);
    }
  }

  async saved(): Promise<void> {
    await this.file?.saved().catch((cause: unknown) => {
      throw unusable(cause);
    });
  }

  /** As `saved`, for a report that must be sent in any case. */
  async savedSomehow(): Promise<void> {
    await this.saved().catch((error: Error) => this.settings.warn(error.message, error));
  }

  delay(entry: Entry, notBefore: number): void {
    this.tolerate(() => this.file?.delay(entry, notBefore));
  }

  drop(id: string): void {
    this.memory.drop(id);
    this.file?.drop(id);
  }

  bury(dead: DeadEntry): void {
    if (!this.file?.has(dead.entry.id)) return this.memory.bury(dead);
    this.memory.drop(dead.entry.id);
    this.tolerate(() => this.file?.bury(dead));
  }

  get pending(): number {
    return this.memory.pending + (this.file?.pending ?? 0);
  }

  counts(): JournalCounts {
    const [a, b] = [this.memory.counts(), this.file?.counts()];
    if (!b) return a;
    return { admitted: a.admitted + b.admitted, due: a.due + b.due, dead: a.dead + b.dead };
  }

  async adopt(): Promise<Adopted> {
    await this.ready();
    return this.file?.adopt() ?? NOTHING;
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await this.opening?.catch(() => undefined);
    await this.file?.close();
    this.file = undefined;
  }

  private async open(folder: string): Promise<void> {
    const { ledger, maxBytes, warn } = this.settings;
    const settings = { folder, ledger, maxBytes, warn, machine: this.machine };
    try {
      // Loaded only here, and by this name: not every runtime has files.
      const { FileJournal } = await import('#journal');
      this.file = await FileJournal.open(settings);
    } catch (cause) {
      throw unusable(cause);
    }
  }

  private remember(entry: Entry): void {
    try {
      this.memory.put(entry);
    } catch (cause) {
      throw unusable(cause);
    }
  }

  private tolerate(write: () => void): void {
    try {
      write();
    } catch (error) {
      this.settings.warn(said(error));
    }
  }
}

function unusable(cause: unknown): JournalUnusable {
  return new JournalUnusable(said(cause), { cause });
}
