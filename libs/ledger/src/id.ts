import { missing, parsed, refused, type Parsed } from './result';

const MAX_BYTES = 256;
const ORDINARY = /^[\x21-\x7e](?:[\x20-\x7e]{0,254}[\x21-\x7e])?$/;
// eslint-disable-next-line no-control-regex -- control characters are what it looks for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/** Reads an id: 1 to 256 bytes of UTF-8, no control characters, no white space at the ends. */
export function parseId(value: unknown, field: string): Parsed<string> {
  if (value === undefined) return missing(field);
  if (typeof value !== 'string') return refused(field, 'string', 'must be a string');
  if (value === '') return refused(field, 'not_empty', 'must not be empty');
  if (!ORDINARY.test(value)) {
    if (!value.isWellFormed()) return refused(field, 'well_formed', 'must be well-formed Unicode');
    if (Buffer.byteLength(value) > MAX_BYTES) {
      return refused(field, 'length', `must be at most ${MAX_BYTES} bytes of UTF-8`);
    }
    if (CONTROL.test(value)) return refused(field, 'control', 'must have no control characters');
    if (value.trim() !== value) {
      return refused(field, 'trimmed', 'must have no white space at its ends');
    }
  }
  return parsed(value);
}
