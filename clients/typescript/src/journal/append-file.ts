import {
  closeSync,
  constants,
  fdatasync,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

const dataSync = promisify(fdatasync);
const { O_APPEND, O_CREAT, O_EXCL, O_RDWR } = constants;
const NEWLINE = 10;

/**
 * A file that grows at its end. A write is there at once, so that it survives the death of the process; `saved` waits for
 * the disk, one `fdatasync` for all that wait.
 */
export class AppendFile {
  private descriptor: number;
  private bytes = 0;
  private syncing: Promise<unknown> = Promise.resolve();
  private next: Promise<void> | undefined;

  /** @throws Error if there is one, or none can be made */
  constructor(private readonly path: string) {
    this.descriptor = create(path);
    syncFolder(path);
  }

  get size(): number {
    return this.bytes;
  }

  /** Somebody has deleted it, or taken it for that of a dead process. */
  get isGone(): boolean {
    const there = statSync(this.path, { throwIfNoEntry: false });
    return there?.ino !== fstatSync(this.descriptor).ino;
  }

  append(text: string): void {
    write(this.descriptor, text);
    this.bytes += Buffer.byteLength(text);
  }

  saved(): Promise<void> {
    this.next ??= this.syncing.then(() => {
      this.next = undefined;
      const synced = dataSync(this.descriptor);
      this.syncing = synced.catch(() => undefined);
      return synced;
    });
    return this.next;
  }

  /** Puts a new file with this text into its place, whole or not at all. */
  replace(text: string): void {
    const draft = `${this.path}.new`;
    rmSync(draft, { force: true });
    const descriptor = create(draft);
    try {
      write(descriptor, text);
      fsyncSync(descriptor);
      renameSync(draft, this.path);
    } catch (error) {
      closeSync(descriptor);
      rmSync(draft, { force: true });
      throw error;
    }
    syncFolder(this.path);
    const before = this.descriptor;
    void this.syncing.then(() => closeSync(before));
    this.descriptor = descriptor;
    this.bytes = Buffer.byteLength(text);
  }

  async close({ remove }: { readonly remove: boolean }): Promise<void> {
    await this.syncing;
    closeSync(this.descriptor);
    if (remove) rmSync(this.path, { force: true });
  }
}

/** Adds a line to a file that several processes share. */
export function appendShared(path: string, text: string): void {
  const descriptor = openSync(path, O_RDWR | O_APPEND | O_CREAT, 0o600);
  try {
    write(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function create(path: string): number {
  return openSync(path, O_RDWR | O_APPEND | O_CREAT | O_EXCL, 0o600);
}

/** All of it, on lines of its own: a disk that fills up may take a part, and leave half a line. */
function write(descriptor: number, text: string): void {
  const { size } = fstatSync(descriptor);
  const last = Buffer.of(NEWLINE);
  if (size > 0) readSync(descriptor, last, 0, 1, size - 1);
  const bytes = Buffer.from(last[0] === NEWLINE ? text : `\n${text}`);
  for (let written = 0; written < bytes.length;) {
    written += writeSync(descriptor, bytes, written);
  }
}

/** A new name survives a loss of power only with its folder. Windows has no such thing. */
function syncFolder(path: string): void {
  if (process.platform === 'win32') return;
  const descriptor = openSync(dirname(path), 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}
