import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { appendShared } from './append-file.js';
import { Lock } from './lock.js';

/** `<ledger>.<owner>.<part>.journal`, `<owner>.lock` */
const JOURNAL = /^(.+)\.([0-9a-f]{12})\.([0-9a-f]+)\.journal$/;
const HALF_MADE = /\.([0-9a-f]{12})\.[0-9a-f]+\.journal\.new$/;
const LOCK = /^([0-9a-f]{12})\.lock$/;
/** Between making a lock and holding it a process looks dead for an instant: younger locks are left alone. */
const LOCK_IS_OLD = 60_000;

export interface Abandoned {
  readonly name: string;
  readonly owner: string;
  /** For a client of another ledger. */
  readonly isOthers: boolean;
}

/**
 * The files of all processes that share a folder. A name says which ledger the file is for, and which process owns it.
 * Files of a dead process are taken over by renaming them, which succeeds for one process only.
 */
export class JournalFolder {
  /** Of this process, and never of another. */
  private readonly owner = randomBytes(6).toString('hex');
  private readonly ledgerName: string;
  private lock: Lock | undefined;

  /** @param ledger what tells ledgers apart, such as their url */
  constructor(
    readonly path: string,
    ledger: string,
  ) {
    const sum = createHash('sha256').update(ledger).digest('hex').slice(0, 6);
    const words = ledger.replace(/^https?:\/\//, '').replace(/[^A-Za-z0-9._-]+/g, '_');
    this.ledgerName = `${words.slice(0, 80)}-${sum}`;
  }

  /** @throws Error */
  async open(): Promise<void> {
    mkdirSync(this.path, { recursive: true, mode: 0o700 });
    this.lock = await Lock.take(this.lockOf(this.owner));
  }

  /** The file of this process. */
  get ownFile(): string {
    return join(this.path, `${this.ledgerName}.${this.owner}.0.journal`);
  }
  private get deadFile(): string {
    return join(this.path, `${this.ledgerName}.dead.jsonl`);
  }
  private get corruptFile(): string {
    return join(this.path, `${this.ledgerName}.corrupt.jsonl`);
  }

  /** Takes over a file that a dead process has left. @returns its path; `undefined`: another process was faster */
  take({ name, owner }: Abandoned): string | undefined {
    if (owner === this.owner) return join(this.path, name);
    const part = randomBytes(6).toString('hex');
    const mine = join(this.path, `${this.ledgerName}.${this.owner}.${part}.journal`);
    try {
      renameSync(join(this.path, name), mine);
      return mine;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      return undefined;
    }
  }

  countDead(): number {
    return countLines(this.deadFile);
  }

  /** @throws Error also if there are more than so many bytes of them */
  keepDead(line: string, maxBytes: number): void {
    appendBounded(this.deadFile, line, maxBytes);
  }

  keepCorrupt(lines: readonly string[], maxBytes: number): string {
    appendBounded(this.corruptFile, `${lines.join('\n')}\n`, maxBytes);
    return this.corruptFile;
  }

  async close(): Promise<void> {
    await this.lock?.release();
  }

  /** The files that dead processes have left, and those that this one could not take over to the end. */
  async abandoned(): Promise<Abandoned[]> {
    const names = readdirSync(this.path);
    const journals = names.flatMap((name) => {
      const [, ledger, owner] = JOURNAL.exec(name) ?? [];
      if (ledger === undefined || owner === undefined) return [];
      return [{ name, owner, isOthers: ledger !== this.ledgerName }];
    });
    const owning = new Set(journals.map(({ owner }) => owner));
    const locked = names.flatMap((name) => LOCK.exec(name)?.[1] ?? []);
    const dead = new Set<string>();
    for (const owner of new Set([...owning, ...locked])) {
      if (owner !== this.owner && !(await Lock.isHeld(this.lockOf(owner)))) dead.add(owner);
    }
    try {
      for (const name of names) {
        // Half a compaction: the whole file is there, too.
        const [, owner = ''] = HALF_MADE.exec(name) ?? [];
        if (dead.has(owner)) rmSync(join(this.path, name), { force: true });
      }
      for (const owner of dead) if (!owning.has(owner)) this.removeOldLock(owner);
    } catch {
      // What another user has left does no harm.
    }
    const own = basename(this.ownFile);
    return journals.filter(({ name, owner }) =>
      owner === this.owner ? name !== own : dead.has(owner),
    );
  }

  private removeOldLock(owner: string): void {
    const path = this.lockOf(owner);
    const { mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? { mtimeMs: Infinity };
    if (Date.now() - mtimeMs > LOCK_IS_OLD) rmSync(path, { force: true });
  }

  private lockOf(owner: string): string {
    return join(this.path, `${owner}.lock`);
  }
}

function appendBounded(path: string, text: string, maxBytes: number): void {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size + text.length > maxBytes) {
    throw new Error(
      `${path} has ${size} bytes, and may have ${maxBytes}: read it, and move it away`,
    );
  }
  appendShared(path, text);
}

function countLines(path: string): number {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  return size === 0 ? 0 : readFileSync(path, 'utf8').split('\n').length - 1;
}
