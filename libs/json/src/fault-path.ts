import { type Redact } from './faults';

const MAX_NAME_CHARS = 128;
const UNPRINTABLE = /[\p{Cc}\p{Cs}]/gu;

/** A member name as it may be shown to a caller: no secret, no control character, not endless. */
export function showName(name: string, redact: Redact): string {
  if (redact(name) !== name) return '(secret)';
  const printable = name.toWellFormed().replace(UNPRINTABLE, '\uFFFD');
  return printable.length > MAX_NAME_CHARS
    ? `${printable.slice(0, MAX_NAME_CHARS).toWellFormed()}…`
    : printable;
}

/** One place in a tree, chained to its parent so that paths cost nothing until one is at fault. */
export interface Place {
  readonly parent: Place | undefined;
  readonly step: string | number;
}

/** The path as problems write it: `items[3].x`; the root is `""`. */
export function pathOf(place: Place | undefined, redact: Redact): string {
  const steps: string[] = [];
  for (let at = place; at !== undefined; at = at.parent) {
    steps.push(typeof at.step === 'number' ? `[${at.step}]` : `.${showName(at.step, redact)}`);
  }
  const path = steps.reverse().join('');
  return path.startsWith('.') ? path.slice(1) : path;
}
