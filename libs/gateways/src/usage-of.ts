import { parseUsage, type Usage } from '#libs/ledger';
import type { UsageKey } from './gateways-file';

/** What a report says of a call's tokens: `absurd` cannot be true, so the cost is unknown. */
export type SaidUsage = Usage | 'absurd' | undefined;

/**
 * Usage by the names of a gateway's rules, in inclusive counts. OpenAI's parts are parts of the input; who says
 * `cacheRead` or `cacheWrite` without `cached` is Anthropic, whose input leaves them out.
 * @param isWhole the answer came to its end; of a broken one, input alone is not all that was used
 * @returns `undefined`: it says none
 */
export function usageOf(read: (key: UsageKey) => unknown, isWhole: boolean): SaidUsage {
  const counts: Partial<Record<UsageKey, number>> = {};
  for (const key of COUNTS) {
    const said = read(key);
    if (said === undefined || said === null) continue;
    const count = countOf(said);
    if (count === undefined) return 'absurd';
    counts[key] = count;
  }
  const { input, output, cached, reasoning, cacheRead, cacheWrite } = counts;
  if (input === undefined || (output === undefined && !isWhole)) return undefined;
  const isExclusive = cached === undefined && (cacheRead !== undefined || cacheWrite !== undefined);
  const cachedInput = cached ?? cacheRead;
  const usage = parseUsage(
    {
      input: isExclusive ? input + (cacheRead ?? 0) + (cacheWrite ?? 0) : input,
      output: output ?? 0,
      ...(cachedInput !== undefined && { cachedInput }),
      ...(cacheWrite !== undefined && { cacheWrite }),
      ...(reasoning !== undefined && { reasoning }),
    },
    'usage',
  );
  return usage.ok ? usage.value : 'absurd';
}

/** The `usage` of an answer's body: of OpenAI's chat and Responses, or of Anthropic's Messages. */
export function usageOfAnswer(usage: unknown, isWhole: boolean): SaidUsage {
  return usageOf((key) => {
    for (const path of ANSWER_PATHS[key] ?? []) {
      const found = at(usage, path);
      if (found !== undefined) return found;
    }
    return undefined;
  }, isWhole);
}

const COUNTS = ['input', 'output', 'cached', 'reasoning', 'cacheRead', 'cacheWrite'] as const;

const ANSWER_PATHS: Readonly<Partial<Record<UsageKey, readonly (readonly string[])[]>>> = {
  input: [['prompt_tokens'], ['input_tokens']],
  output: [['completion_tokens'], ['output_tokens']],
  cached: [
    ['prompt_tokens_details', 'cached_tokens'],
    ['input_tokens_details', 'cached_tokens'],
  ],
  reasoning: [
    ['completion_tokens_details', 'reasoning_tokens'],
    ['output_tokens_details', 'reasoning_tokens'],
  ],
  cacheRead: [['cache_read_input_tokens']],
  cacheWrite: [['cache_creation_input_tokens']],
};

function at(value: unknown, path: readonly string[]): unknown {
  let inside = value;
  for (const name of path) {
    if (typeof inside !== 'object' || inside === null || !Object.hasOwn(inside, name))
      return undefined;
    inside = (inside as Record<string, unknown>)[name];
  }
  return inside ?? undefined;
}

/** Headers and some filters say numbers as texts. */
function countOf(said: unknown): number | undefined {
  if (typeof said === 'number') return said;
  return typeof said === 'string' && /^\d{1,15}$/.test(said) ? Number(said) : undefined;
}
