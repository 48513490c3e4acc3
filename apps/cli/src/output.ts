import { once } from 'node:events';
import { constants } from 'node:fs';
import { link, lstat, open, rename, rm, type FileHandle } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { visibleLines } from '#libs/json';
import { CommandRefused } from './command-refused';

/** Where a long answer goes, no faster than it is taken. */
export interface Output {
  write(text: string | Buffer): Promise<void>;
  /** All is written. */
  finish(): Promise<void>;
  /** No more comes. */
  abandon(): Promise<void>;
}

/** @throws CommandRefused where the reader has left, or the user has asked to stop */
export function streamOutput(
  stream: Writable & { readonly isTTY?: boolean },
  stopped: AbortSignal,
): Output {
  return {
    write: async (text) => {
      if (stopped.aborted) throw interrupted();
      if (stream.write(stream.isTTY === true ? visibleLines(String(text)) : text)) return;
      await once(stream, 'drain', { signal: stopped }).catch(() => {
        throw interrupted();
      });
    },
    finish: () => Promise.resolve(),
    abandon: () => Promise.resolve(),
  };
}

/** A new one that nobody else may read, and no link to anything. */
const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
const OWNERS_ALONE = 0o600;

/**
 * A file that is there when all of it is, and not before.
 * @throws CommandRefused where there is one of this name, or it cannot be written
 */
export async function fileOutput(path: string, stopped: AbortSignal): Promise<Output> {
  const part = `${path}.part`;
  for (const name of [path, part]) if (await isThere(name)) throw isTaken(name);
  const file = await open(part, NEW_FILE, OWNERS_ALONE).catch((error: unknown) => {
    throw codeOf(error) === 'EEXIST' ? isTaken(part) : unwritable(path, error);
  });
  return new FileOutput(file, { part, path }, stopped);
}

export class FileOutput implements Output {
  /** @param names where it is written, and what it is called when it is whole */
  constructor(
    private readonly file: FileHandle,
    private readonly names: { readonly part: string; readonly path: string },
    private readonly stopped: AbortSignal,
  ) {}

  async write(text: string | Buffer): Promise<void> {
    if (this.stopped.aborted) throw interrupted();
    await this.or(() => this.file.appendFile(text));
  }

  async finish(): Promise<void> {
    const { part, path } = this.names;
    await this.or(() => this.file.sync());
    await this.or(() => this.file.close());
    await this.or(() => giveName(part, path));
  }

  async abandon(): Promise<void> {
    // A full disk is told by what was written, not by the end.
    await this.file.close().catch(() => undefined);
    await rm(this.names.part, { force: true });
  }

  private async or(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      await this.abandon();
      throw error instanceof CommandRefused ? error : unwritable(this.names.path, error);
    }
  }
}

/** A link takes no place of another file, as renaming would. */
async function giveName(part: string, path: string): Promise<void> {
  try {
    await link(part, path);
    await rm(part);
  } catch (error) {
    if (codeOf(error) === 'EEXIST' || (await isThere(path))) throw isTaken(path);
    // Some file systems have no links.
    await rename(part, path);
  }
}

/** Also where it is a link that leads nowhere. */
async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

function isTaken(path: string): CommandRefused {
  return new CommandRefused(`There is a file ${path} already: choose another name, or remove it.`);
}

function unwritable(path: string, error: unknown): CommandRefused {
  return new CommandRefused(`${path} cannot be written: ${reasonOf(error)}. No file was left.`);
}

function interrupted(): CommandRefused {
  return new CommandRefused('Interrupted: what was written is cut off.');
}

/** What people need to know of a failure to read or write. */
export function reasonOf(error: unknown): string {
  switch (codeOf(error)) {
    case 'ENOSPC':
      return 'the disk is full (ENOSPC)';
    case 'EDQUOT':
      return "the user's share of the disk is full (EDQUOT)";
    default:
      return String((error as Error).message ?? error);
  }
}

/** Of what a file system throws. */
function codeOf(error: unknown): unknown {
  return (error as NodeJS.ErrnoException).code;
}
