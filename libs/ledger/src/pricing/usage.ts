import { isObject, strangersOf } from '../members';
import { missing, parsed, refused, type FieldError, type Parsed } from '../result';

/**
 * The tokens of one call, in counts that include their parts: `input` has the cached and the written tokens in it,
 * `output` the reasoning. OpenAI reports so; Anthropic's `input_tokens` leaves the cache out and has to be added up.
 */
export interface Usage {
  readonly input: number;
  readonly output: number;
  /** Read from the provider's cache. */
  readonly cachedInput?: number;
  /** Written to the provider's cache. */
  readonly cacheWrite?: number;
  readonly reasoning?: number;
}

/** No call has more. With MOST_PRICE it keeps every cost inside what an amount can say. */
export const MOST_TOKENS = 1_000_000_000_000;

const MEMBERS = ['input', 'output', 'cachedInput', 'cacheWrite', 'reasoning'] as const;

/** Reads usage as callers write it: whole numbers, and no part larger than its whole; reports every faulty member. */
export function parseUsage(value: unknown, field: string): Parsed<Usage> {
  if (value === undefined) return missing(field);
  if (!isObject(value)) return refused(field, 'object', 'must be an object with input and output');
  const given = value;
  const errors = strangersOf(given, MEMBERS, field, 'is no member of usage');
  const usage: Partial<Record<(typeof MEMBERS)[number], number>> = {};
  for (const name of MEMBERS) {
    const count = given[name];
    if (count === undefined && name !== 'input' && name !== 'output') continue;
    const read = parseCount(count, `${field}.${name}`);
    if (read.ok) usage[name] = read.value;
    else errors.push(...read.errors);
  }
  if (errors.length > 0) return { ok: false, errors };
  const whole = usage as Usage;
  const larger = partsFault(whole, field);
  return larger === undefined ? parsed(whole) : { ok: false, errors: [larger] };
}

function parseCount(value: unknown, field: string): Parsed<number> {
  if (value === undefined) return missing(field);
  if (!Number.isInteger(value) || (value as number) < 0 || (value as number) > MOST_TOKENS) {
    return refused(
      field,
      'tokens',
      `must be a whole number of tokens from 0 to ${MOST_TOKENS}, such as 1200`,
    );
  }
  // -0 is 0 in JSON too.
  return parsed(Math.abs(value as number));
}

function partsFault(usage: Usage, field: string): FieldError | undefined {
  if ((usage.cachedInput ?? 0) + (usage.cacheWrite ?? 0) > usage.input) {
    const message = 'must be at least cachedInput and cacheWrite together, which are parts of it';
    return { field: `${field}.input`, rule: 'parts', message };
  }
  if ((usage.reasoning ?? 0) > usage.output) {
    const message = 'must be at least reasoning, which is a part of it';
    return { field: `${field}.output`, rule: 'parts', message };
  }
  return undefined;
}
