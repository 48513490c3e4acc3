import { readFileSync, rmSync } from 'node:fs';
import { basename } from 'node:path';
import type { Machine } from '../machine.js';
import { redact } from '../redact.js';
import { withUnknownCost, type DeadEntry, type Entry } from '../reports/entry.js';
import { AppendFile } from './append-file.js';
import { JournalFolder } from './journal-folder.js';
import type { Journal, JournalCounts } from './journal.js';
import { printLine, readLines, type Line } from './lines.js';

export interface FileJournalSettings {
  readonly folder: string;
  /** What tells ledgers apart, such as their url. */
  readonly ledger: string;
  /** Of the entries that wait, and of each file beside them. */
  readonly maxBytes: number;
  readonly warn: (message: string) => void;
  readonly machine: Machine;
}

export interface Adopted {
  /** What can be sent now. */
  readonly due: readonly Entry[];
  /** Of them the calls that their process did not survive. */
  readonly interrupted: readonly Entry[];
}

/** Below so many bytes a file is not worth writing anew. */
const SMALL_FILE = 1024 * 1024;
/** That an entry is gone may be written a little later: to send it again does no harm. */
const DROP_DELAY = 200;

/** A journal in a file of this process, in a folder that processes share. */
export class FileJournal implements Journal {
  private readonly entries = new Map<string, Entry>();
  private liveBytes = 0;
  private dropped = '';
  private cancelFlush: (() => void) | undefined;
  private readonly told = new Set<string>();

  private constructor(
    private readonly settings: FileJournalSettings,
    private readonly folder: JournalFolder,
    private readonly file: AppendFile,
  ) {}

  /** @throws Error that says what to do */
  static async open(settings: FileJournalSettings): Promise<FileJournal> {
    try {
      const folder = new JournalFolder(settings.folder, settings.ledger);
      await folder.open();
      return new FileJournal(settings, folder, new AppendFile(folder.ownFile));
    } catch (cause) {
      throw unusable(settings.folder, cause);
    }
  }

  put(entry: Entry): void {
    const { maxBytes, folder } = this.settings;
    if (!this.entries.has(entry.id) && this.liveBytes >= maxBytes) {
      throw unusable(folder, new Error(`${maxBytes} bytes of reports wait for the ledger`));
    }
    this.write({ put: entry });
    this.keep(entry);
    this.compact();
  }

  async saved(): Promise<void> {
    try {
      await this.file.saved();
      // Were it taken away by mistake, the entries would be only in memory.
      if (this.file.isGone) this.file.replace(this.printed());
    } catch (cause) {
      throw unusable(this.settings.folder, cause);
    }
  }

  delay({ id }: Entry, notBefore: number): void {
    const entry = this.entries.get(id);
    if (!entry) return;
    this.write({ delay: id, notBefore });
    this.entries.set(id, { ...entry, notBefore });
  }

  drop(id: string): void {
    const entry = this.entries.get(id);
    if (!entry) return;
    this.entries.delete(id);
    this.liveBytes -= bytesOf(entry);
    this.dropped += printLine({ drop: id });
    // A call that was given up must not come back as one that was interrupted.
    if (entry.state === 'admitted') this.flush();
    else this.cancelFlush ??= this.settings.machine.later(DROP_DELAY, () => this.flush());
  }

  bury({ entry, reason }: DeadEntry): void {
    if (!this.entries.has(entry.id)) return;
    const line = `${redact(JSON.stringify({ reason, ...entry }))}\n`;
    this.folder.keepDead(line, this.settings.maxBytes);
    this.drop(entry.id);
    this.flush();
  }

  get pending(): number {
    return this.entries.size;
  }

  counts(): JournalCounts {
    const states = [...this.entries.values()].map(({ state }) => state);
    const due = states.filter((state) => state === 'due').length;
    return { admitted: states.length - due, due, dead: this.folder.countDead() };
  }

  /** Takes over what dead processes have left. */
  async adopt(): Promise<Adopted> {
    const due: Entry[] = [];
    const interrupted: Entry[] = [];
    const { taken, others } = await this.folder.takeOver();
    for (const path of taken) {
      for (const left of this.readAbandoned(path)) {
        if (this.entries.has(left.id)) continue;
        const entry = left.state === 'admitted' ? withUnknownCost(left) : left;
        this.write({ put: entry });
        this.keep(entry);
        due.push(entry);
        if (left.state === 'admitted') interrupted.push(entry);
      }
      await this.saved();
      rmSync(path);
    }
    this.tellOf(others);
    return { due, interrupted };
  }

  async close(): Promise<void> {
    this.flush();
    await this.file.close({ remove: this.entries.size === 0 });
    await this.folder.close();
  }

  private readAbandoned(path: string): Iterable<Entry> {
    const { entries, corrupt } = readLines(readFileSync(path, 'utf8'));
    if (corrupt.length > 0) {
      const aside = this.folder.keepCorrupt(corrupt, this.settings.maxBytes);
      this.settings.warn(
        `${corrupt.length} lines of the journal ${basename(path)} are not as they were written. They are in ${aside}: read them, and report by hand what they say.`,
      );
    }
    return entries.values();
  }

  private tellOf(others: readonly string[]): void {
    for (const name of others) {
      if (this.told.has(name)) continue;
      this.told.add(name);
      this.settings.warn(
        `The journal ${name} has reports for another ledger than ${this.settings.ledger}. It is left aside: start a client of that ledger to send them.`,
      );
    }
  }

  private keep(entry: Entry): void {
    const before = this.entries.get(entry.id);
    this.entries.set(entry.id, entry);
    this.liveBytes += bytesOf(entry) - (before ? bytesOf(before) : 0);
  }

  private write(line: Line): void {
    try {
      this.file.append(this.takeDropped() + printLine(line));
    } catch (cause) {
      throw unusable(this.settings.folder, cause);
    }
  }

  private flush(): void {
    const lines = this.takeDropped();
    try {
      if (lines !== '') this.file.append(lines);
    } catch {
      // Then the next process sends these entries once more, which changes nothing.
    }
  }

  private takeDropped(): string {
    const lines = this.dropped;
    this.dropped = '';
    this.cancelFlush?.();
    this.cancelFlush = undefined;
    return lines;
  }

  private compact(): void {
    if (this.file.size <= SMALL_FILE || this.file.size <= 4 * this.liveBytes) return;
    try {
      this.file.replace(this.printed());
    } catch {
      // The longer file says the same.
    }
  }

  private printed(): string {
    return [...this.entries.values()].map((entry) => printLine({ put: entry })).join('');
  }
}

function bytesOf(entry: Entry): number {
  return JSON.stringify(entry).length;
}

function unusable(folder: string, cause: unknown): Error {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new Error(
    `The journal in ${folder} cannot be written: ${why}. Make room, or name a folder that this process may write.`,
    { cause },
  );
}
