import { readJson, type TreeLimits } from '#libs/json';
import { type FieldFault, Problem } from '../problem';
import { invalid } from './invalid';

export interface BodyLimits extends TreeLimits {
  /** What else no body may hold, such as secrets: the faults of a readable tree. */
  readonly faultsOf?: (tree: unknown) => readonly FieldFault[];
  /** The largest that is read; more is 413. */
  readonly maxBytes?: number;
}

/**
 * The JSON of a request's body.
 * @throws Problem `too_large`, or `invalid` with the rules of readJson; never anything else
 */
export function parseJson(raw: Buffer | undefined, limits: BodyLimits): unknown {
  const { maxBytes = Infinity } = limits;
  if (raw !== undefined && raw.length > maxBytes) throw bodyTooLarge(maxBytes);
  const tree = accepted(readJson(raw ?? NOTHING, limits));
  const faults = limits.faultsOf?.(tree) ?? [];
  if (faults.length > 0) throw invalid(faults);
  return tree;
}

/**
 * The value of a reading that succeeded.
 * @throws Problem `invalid` with the faults of one that did not
 */
export function accepted<T>(
  reading:
    | { readonly ok: true; readonly value: T }
    | { readonly ok: false; readonly errors: readonly FieldFault[] },
): T {
  if (!reading.ok) throw invalid(reading.errors);
  return reading.value;
}

function bodyTooLarge(maxBytes: number): Problem {
  return new Problem('too_large', `This path takes a body of at most ${maxBytes / 1024} KiB.`);
}

const NOTHING = new Uint8Array(0);
