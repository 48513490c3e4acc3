import { isUtf8 } from 'node:buffer';
import { depthFault, type TreeLimits, walkJsonTree } from './check-json-tree';
import { type FieldFault, withMore } from './faults';
import { readCarefully } from './read-carefully';
import { outlineOf } from './scan-json';

export type JsonReading =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly errors: readonly FieldFault[] };

/**
 * Reads JSON as strictly as the ledger needs it to be hashed and compared: UTF-8 without a byte
 * order mark, no member twice, and what checkJsonTree asks for. Never throws, never echoes a value.
 * `__proto__` comes out as an own member like any other.
 */
export function readJson(bytes: Uint8Array, limits: TreeLimits): JsonReading {
  if (bytes.length === 0) return refused('json', 'is empty where JSON was expected');
  if (!isUtf8(bytes)) return refused('utf8', 'is not UTF-8');
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
  if (text.startsWith('\uFEFF')) return refused('json', 'begins with a byte order mark');

  const outline = outlineOf(text, limits.maxDepth);
  if (outline.tooDeep) return { ok: false, errors: [depthFault(limits.maxDepth)] };

  const parsed = parse(text);
  if (!parsed.ok) return parsed;
  const { redact } = limits;
  const value = outline.hasEscapedNames ? readCarefully(text, redact).value : parsed.value;
  const walk = walkJsonTree(value, limits);
  if (walk.faults.length > 0) return { ok: false, errors: walk.faults };
  // Of two members with one name the last is kept, so a lost one shows in the count.
  if (walk.members === outline.members) return { ok: true, value };
  const { duplicates, more } = readCarefully(text, redact);
  return { ok: false, errors: withMore(duplicates.map(duplicateFault), more) };
}

/**
 * JSON.parse for a text of our own (a stored column, a record of the log) whose member names a
 * caller chose: without the bug that readCarefully tells of, and without the checks of readJson.
 * @throws SyntaxError
 */
export function parseStoredJson(text: string): unknown {
  const value = JSON.parse(text) as unknown;
  return text.includes('\\') && outlineOf(text, Infinity).hasEscapedNames
    ? readCarefully(text, (name) => name).value
    : value;
}

function parse(text: string): JsonReading {
  try {
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch (error) {
    // The parser's own message quotes the text, which may hold a secret; its position does not.
    const position =
      error instanceof Error ? /at position (\d+)/.exec(error.message)?.[1] : undefined;
    return refused(
      'json',
      `is not JSON${position === undefined ? '' : ` (at character ${position})`}`,
    );
  }
}

const duplicateFault = (field: string): FieldFault => ({
  field,
  rule: 'unique_members',
  message: 'stands more than once in its object',
});

const refused = (rule: string, message: string): JsonReading => ({
  ok: false,
  errors: [{ field: '', rule, message }],
});
