import { estimatePico, MOST_TOKENS, type ModelPrice } from '#libs/ledger';
import type { CallFacts } from './call-facts';
import type { EstimateRules } from './gateways-file';
import type { BodyValues } from './scan-body';

/** What of a body says how long the answer may become; the first that is there counts. */
const ANSWER_TOKENS = ['max_completion_tokens', 'max_tokens', 'max_output_tokens'] as const;

/** What every estimate reads out of a body. */
export const ESTIMATE_PATHS: readonly (readonly string[])[] = [...ANSWER_TOKENS, 'n'].map(
  (name) => [name],
);

/** What a call may cost, in 10^-12 units: by the length of its body, and the longest answer that it allows. */
export function estimateCall(
  price: ModelPrice,
  rules: EstimateRules,
  facts: CallFacts,
  body: BodyValues,
): bigint {
  let askedTokens: number | undefined;
  for (const name of ANSWER_TOKENS) askedTokens ??= countOf(body([name]));
  return estimatePico(price, {
    bytes: bytesOf(facts),
    bytesPerToken: rules.bytesPerToken,
    answers: countOf(body(['n'])) ?? 1,
    askedTokens,
    maxTokens: rules.maxTokens,
  });
}

/** Of a body that was cut, or is not passed on, its length says how long it is. */
function bytesOf({ body, header }: CallFacts): number {
  const seen = body?.bytes.length ?? 0;
  if (body !== undefined && !body.isCut) return seen;
  const said = header('content-length') ?? '';
  return /^\d{1,15}$/.test(said) ? Math.max(seen, Number(said)) : seen;
}

/**
 * A count that asks for something. An upstream may take digits in quotes for a number; what it cannot take, it refuses,
 * and what is not above zero asks for nothing that is known.
 */
function countOf(value: unknown): number | undefined {
  const count = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  if (typeof count !== 'number' || !(count > 0)) return undefined;
  return Math.min(Math.ceil(count), MOST_TOKENS);
}
