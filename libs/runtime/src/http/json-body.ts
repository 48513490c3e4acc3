import { readJson, type TreeLimits } from '#libs/json';
import { type FieldFault } from '../problem';
import { invalid } from './invalid';

export interface BodyLimits extends TreeLimits {
  /** What else no body may hold, such as secrets: the faults of a readable tree. */
  readonly faultsOf?: (tree: unknown) => readonly FieldFault[];
}

/**
 * The JSON of a request's body.
 * @throws Problem `invalid` with the rules of readJson; never anything else
 */
export function parseJson(raw: Buffer | undefined, limits: BodyLimits): unknown {
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

const NOTHING = new Uint8Array(0);
