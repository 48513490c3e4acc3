import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { errorCode, unlessMissing } from './error-code';

/**
 * Makes the folder and those above it, where they are missing. Not Node's own recursion, which tries for ever where
 * the system knows the folder above and still says that there is none (`/proc`).
 */
export async function makeFolder(folder: string): Promise<void> {
  const above = path.dirname(folder);
  if (above !== folder && (await unlessMissing(stat(above))) === undefined) await makeFolder(above);
  try {
    await mkdir(folder);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST' || !(await stat(folder)).isDirectory()) throw error;
  }
}

/** Why a folder cannot be used, in words; of what the system says in others, its own. */
export function whyUnusable(error: unknown): string {
  const known = REASONS.find(([pattern]) => pattern.test(codeAndCallOf(error)))?.[1];
  const said = error instanceof Error ? error.message : String(error);
  return (
    known ??
    said
      .split(/\s*\n\s*/)
      .join('; ')
      .replace(/[.;\s]+$/, '')
  );
}

function codeAndCallOf(error: unknown): string {
  const isOfSystem = typeof error === 'object' && error !== null && 'syscall' in error;
  return isOfSystem ? `${errorCode(error)} ${String(error.syscall)}` : '';
}

const REASONS: readonly (readonly [RegExp, string])[] = [
  [/^(?:EACCES|EPERM) /, 'this user may not use that place'],
  [/^EROFS /, 'that place is read-only'],
  [/^(?:ENOSPC|EDQUOT) /, 'that place is full'],
  [/^EEXIST /, 'it is no folder'],
  [/^ENOTDIR /, 'it lies below what is no folder'],
  // Of a file that is missing it would say the wrong thing.
  [/^ENOENT mkdir$/, 'no folder can be made there'],
];
