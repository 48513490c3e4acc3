import { sha256Of } from '../fit-id';

export type LimitKind = 'user' | 'team' | 'members' | 'member' | 'key';

const PART = /^[A-Za-z0-9._~@-]{1,80}$/;
/** The longest that the ledger takes. */
const LONGEST = 128;

/**
 * The id of the budget that a limit of LiteLLM becomes, the same with each import: `litellm:<kind>:<id>`, of a member
 * `litellm:member:<team>:<user>`, of one of several limits with its duration at the end.
 */
export function budgetIdOf(kind: LimitKind, ids: readonly string[], duration?: string): string {
  const end = duration === undefined ? '' : `:${partOf(duration)}`;
  const id = `litellm:${kind}:${ids.map(partOf).join(':')}${end}`;
  return id.length <= LONGEST ? id : `litellm:${kind}:${hashOf(ids.join('/'))}${end}`;
}

function partOf(text: string): string {
  return PART.test(text) ? text : hashOf(text);
}

function hashOf(text: string): string {
  return `sha256-${sha256Of(text).slice(0, 32)}`;
}
