import { type TreeLimits } from '../json/check-json-tree';
import { readJson } from '../json/read-json';
import { invalid } from './invalid';

/**
 * The JSON of a request's body.
 * @throws Problem `invalid` with the rules of readJson; never anything else
 */
export function parseJson(raw: Buffer | undefined, limits: TreeLimits): unknown {
  const reading = readJson(raw ?? NOTHING, limits);
  if (!reading.ok) throw invalid(reading.errors);
  return reading.value;
}

const NOTHING = new Uint8Array(0);
