import { createHash } from 'node:crypto';
import type { Entry } from '../reports/entry.js';

/** One line of a journal's file: what happened to an entry. */
export type Line =
  | { readonly put: Entry }
  | { readonly delay: string; readonly notBefore: number }
  | { readonly drop: string };

export interface ReadLines {
  readonly entries: Map<string, Entry>;
  /** Lines that are not as they were written. */
  readonly corrupt: readonly string[];
}

/** With a checksum before it: a digit that flips in an amount is still JSON. */
export function printLine(line: Line): string {
  const json = JSON.stringify(line);
  return `${checksum(json)} ${json}\n`;
}

/** What the lines of a file come to. */
export function readLines(text: string): ReadLines {
  const entries = new Map<string, Entry>();
  const corrupt: string[] = [];
  for (const printed of text.split('\n')) {
    if (printed === '') continue;
    const line = parseLine(printed);
    if (line === undefined) corrupt.push(printed);
    else applyLine(entries, line);
  }
  return { entries, corrupt };
}

function parseLine(printed: string): Line | undefined {
  const json = printed.slice(SUM_LENGTH + 1);
  if (printed.slice(0, SUM_LENGTH) !== checksum(json)) return undefined;
  return JSON.parse(json) as Line;
}

function applyLine(entries: Map<string, Entry>, line: Line): void {
  if ('put' in line) entries.set(line.put.id, line.put);
  else if ('drop' in line) entries.delete(line.drop);
  else {
    const entry = entries.get(line.delay);
    if (entry) entries.set(entry.id, { ...entry, notBefore: line.notBefore });
  }
}

const SUM_LENGTH = 16;

function checksum(json: string): string {
  return createHash('sha256').update(json).digest('hex').slice(0, SUM_LENGTH);
}
