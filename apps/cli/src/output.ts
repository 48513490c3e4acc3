import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import type { Writable } from 'node:stream';
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
export function streamOutput(stream: Writable, stopped: AbortSignal): Output {
  return {
    write: async (text) => {
      if (stopped.aborted) throw interrupted();
      if (stream.write(text)) return;
      await once(stream, 'drain', { signal: stopped }).catch(() => {
        throw interrupted();
      });
    },
    finish: () => Promise.resolve(),
    abandon: () => Promise.resolve(),
  };
}

/**
 * A file that is there when all of it is, and not before.
 * @throws CommandRefused where there is one of this name, or it cannot be written
 */
export async function fileOutput(path: string, stopped: AbortSignal): Promise<Output> {
  if (existsSync(path)) {
    throw new CommandRefused(`There is a file ${path} already: choose another name.`);
  }
  const part = `${path}.part`;
  const file = await open(part, 'w').catch((error: unknown) => {
    throw new CommandRefused(`${path} cannot be written: ${reasonOf(error)}`);
  });
  return {
    write: async (text) => {
      if (stopped.aborted) throw interrupted();
      await file.appendFile(text);
    },
    finish: async () => {
      await file.sync();
      await file.close();
      await rename(part, path);
    },
    abandon: async () => {
      await file.close();
      await rm(part, { force: true });
    },
  };
}

function interrupted(): CommandRefused {
  return new CommandRefused('Interrupted: what was written is cut off.');
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
