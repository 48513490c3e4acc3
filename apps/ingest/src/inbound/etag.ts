import { Problem } from '#libs/runtime';
import type { Precondition } from '../budget-change';

/** The entity tag of a budget: its revision, quoted. */
export function etagOf(revision: number): string {
  return `"${revision}"`;
}

/**
 * Reads `If-Match` (RFC 9110 §13.1.1): `*`, or entity tags. A tag that is not ours, or a weak one, matches nothing.
 * @throws Problem `invalid` for what is no entity tag, `etag_mismatch` for one that cannot match
 */
export function readIfMatch(header: string | undefined, field: string): Precondition | undefined {
  if (header === undefined) return undefined;
  if (header.trim() === '*') return { any: true };
  const tag = /^\s*(W\/)?"([\x21\x23-\x7e]*)"\s*$/.exec(header);
  if (!tag) {
    throw new Problem('invalid', `${field} must be * or one entity tag, such as "3".`, {
      errors: [{ field, rule: 'etag', message: 'must be * or one entity tag, such as "3"' }],
    });
  }
  if (tag[1] !== undefined || !/^[1-9]\d{0,8}$/.test(tag[2]!)) throw etagMismatch();
  return { revision: Number(tag[2]) };
}

export function etagMismatch(): Problem {
  return new Problem(
    'etag_mismatch',
    'The budget has changed since it was read: read it again, and decide again.',
  );
}

export function budgetNotFound(): Problem {
  return new Problem('not_found', 'There is no such budget.');
}
