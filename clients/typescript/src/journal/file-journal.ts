import { readFileSync, rmSync } from 'node:fs';
import type { Machine } from '../machine.js';
import { redact } from '../redact.js';
import { countStates, withUnknownCost, type DeadEntry, type Entry } from '../reports/entry.js';
import { said } from '../said.js';
import { AppendFile } from './append-file.js';
import { JournalFolder, type Abandoned } from './journal-folder.js';
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
    this.keep({ ...entry, notBefore });
    this.compact();
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

  has(id: string): boolean {
    return this.entries.has(id);
  }

  get pending(): number {
    return this.entries.size;
  }

  counts(): JournalCounts {
    return { ...countStates(this.entries.values()), dead: this.folder.countDead() };
  }

  /** Takes over what dead processes have left. */
  async adopt(): Promise<Adopted> {
    const adopted = { due: [] as Entry[], interrupted: [] as Entry[] };
    for (const left of await this.folder.abandoned()) {
      const { name, isOthers } = left;
      try {
        if (!isOthers) await this.takeOver(left, adopted);
        else
          this.warnOnce(
            name,
            `The journal ${name} has reports for another ledger than ${this.settings.ledger}. It is left aside: start a client of that ledger to send them.`,
          );
      } catch (error) {
        this.warnOnce(name, `The journal ${name} is taken over later. ${said(error)}`);
      }
    }
    return adopted;
  }

  private async takeOver(
    left: Abandoned,
    { due, interrupted }: { readonly due: Entry[]; readonly interrupted: Entry[] },
  ): Promise<void> {
    const path = this.folder.take(left);
    if (path === undefined) return;
    const { entries, corrupt } = readLines(readFileSync(path, 'utf8'));
    for (const found of entries.values()) {
      if (this.entries.has(found.id)) continue;
      const entry = found.state === 'admitted' ? withUnknownCost(found) : found;
      this.write({ put: entry });
      this.keep(entry);
      due.push(entry);
      if (found.state === 'admitted') interrupted.push(entry);
    }
    await this.saved();
    if (corrupt.length > 0) {
      const aside = this.folder.keepCorrupt(corrupt, this.settings.maxBytes);
      this.settings.warn(
        `${corrupt.length} lines of the journal ${left.name} are not as they were written. They are in ${aside}: read them, and report by hand what they say.`,
      );
    }
    rmSync(path);
  }

  async close(): Promise<void> {
    this.flush();
    await this.file.close({ remove: this.entries.size === 0 });
    await this.folder.close();
  }

  private warnOnce(name: string, message: string): void {
    if (!this.told.has(name)) this.settings.warn(message);
    this.told.add(name);
  }

  private keep(entry: Entry): void {
    const before = this.entries.get(entry.id);
    this.entries.set(entry.id, entry);
    this.liveBytes += bytesOf(entry) - (before ? bytesOf(before) : 0);
  }

  private write(line: Line): void {
    try {
      this.append(printLine(line));
    } catch (cause) {
      throw unusable(this.settings.folder, cause);
    }
  }

  private flush(): void {
    try {
      if (this.dropped !== '') this.append('');
    } catch {
      // The next write says it. Without one, the next process sends these entries once more, which changes nothing.
    }
  }

  private append(text: string): void {
    this.cancelFlush?.();
    this.cancelFlush = undefined;
    this.file.append(this.dropped + text);
    this.dropped = '';
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
  return new Error(
    `The journal in ${folder} cannot be written: ${said(cause)}. Make room, or name a folder that this process may write.`,
    { cause },
  );
}
