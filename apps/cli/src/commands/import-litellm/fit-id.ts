import { createHash } from 'node:crypto';
import { isSecret, parseId } from '#libs/ledger';

/** An id under which the ledger cannot keep what it is called in LiteLLM. The name itself is never told: it may be a secret. */
export interface Renamed {
  readonly field: string;
  readonly as: string;
  readonly why: string;
}

/** LiteLLM stores the SHA-256 of a key in its place; what begins like a key was stored in the clear. */
const PLAIN_KEY = /^sk-/;

/**
 * The id that the ledger takes for one of LiteLLM's: as it is, or the SHA-256 of what no id may be. Equal ids have equal
 * names, whichever row or table they come from.
 */
export function fitId(
  id: string,
  field: string,
  onRenamed: (renamed: Renamed) => void = () => undefined,
): string {
  if (PLAIN_KEY.test(id) || isSecret(id)) return renamed(sha256Of(id), 'secret');
  const parsed = parseId(id, field);
  if (!parsed.ok) return renamed(`sha256:${sha256Of(id)}`, parsed.errors[0]!.message);
  return id === '*' ? renamed(`sha256:${sha256Of(id)}`, 'stands for every account') : id;

  function renamed(as: string, why: string): string {
    onRenamed({ field, as, why });
    return as;
  }
}

export function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
