import type { FieldError } from '#libs/ledger';
import { invalid } from '#libs/runtime';

/**
 * The attributes of an event in binary mode: its `ce-*` headers, decoded as the binding says (CloudEvents HTTP §3.1.3).
 * @throws Problem `invalid` for one that stands twice or is not ASCII
 */
export function binaryAttributes(rawHeaders: readonly string[]): Record<string, string> {
  const attributes = new Map<string, string>();
  const errors: FieldError[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const header = rawHeaders[i]!.toLowerCase();
    if (!header.startsWith('ce-')) continue;
    const name = header.slice('ce-'.length);
    const value = decoded(rawHeaders[i + 1]!);
    if (name === 'data') {
      errors.push({ field: name, rule: 'reserved', message: 'is the body in binary mode' });
    } else if (attributes.has(name)) {
      errors.push({ field: name, rule: 'single', message: `has its header ${header} twice` });
    } else if (value === undefined) {
      errors.push({
        field: name,
        rule: 'percent_encoded',
        message: `must be ASCII in its header ${header}, with everything else percent-encoded as UTF-8`,
      });
    } else {
      attributes.set(name, value);
    }
  }
  if (errors.length > 0) throw invalid(errors);
  return Object.fromEntries(attributes);
}

function decoded(value: string): string | undefined {
  if (!/^[\x20-\x7e]*$/.test(value)) return undefined;
  try {
    return decodeURIComponent(unquoted(value));
  } catch {
    return undefined;
  }
}

/** Writers of an older binding put values in double quotes; readers have to take both. */
function unquoted(value: string): string {
  const inside = /^"((?:[^"\\]|\\.)*)"$/.exec(value)?.[1];
  return inside === undefined ? value : inside.replace(/\\(.)/g, '$1');
}
