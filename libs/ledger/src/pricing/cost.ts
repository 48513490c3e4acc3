import { MOST_MONEY_PICO } from '../money';
import type { ModelPrice } from './price-book';
import type { Usage } from './usage';

/**
 * What a call cost in 10^-12 units: exact, for tokens are whole and a price for a million tokens has at most 6 decimals.
 *
 *     (input − cachedInput − cacheWrite)·input + cachedInput·cachedInput + cacheWrite·cacheWrite
 *       + (output − reasoning)·output + reasoning·reasoning + perRequest
 */
export function costPico(price: ModelPrice, usage: Usage): bigint {
  const { input, output, cachedInput = 0, cacheWrite = 0, reasoning = 0 } = usage;
  return (
    BigInt(input - cachedInput - cacheWrite) * price.inputPico +
    BigInt(cachedInput) * price.cachedInputPico +
    BigInt(cacheWrite) * price.cacheWritePico +
    BigInt(output - reasoning) * price.outputPico +
    BigInt(reasoning) * price.reasoningPico +
    price.perRequestPico
  );
}

/** What is known of a call before it is made. Counts are safe non-negative integers, but for `bytesPerToken`. */
export interface ExpectedCall {
  /** Of the request's body. */
  readonly bytes: number;
  /** At least 1, with at most 3 decimals. 1 is an upper bound for text: a token has at least one byte. */
  readonly bytesPerToken: number;
  /** How many answers are asked for (`n`). */
  readonly answers: number;
  /** The most tokens of an answer that the request allows, if it says so. */
  readonly askedTokens?: number | undefined;
  /** The most tokens of an answer where neither the request nor the price says so. */
  readonly maxTokens: number;
}

/** What a call may cost in 10^-12 units, at most the largest amount of money that the ledger knows. */
export function estimatePico(price: ModelPrice, call: ExpectedCall): bigint {
  const perThousand = BigInt(Math.round(call.bytesPerToken * 1000));
  const inputTokens = (BigInt(call.bytes) * 1000n + perThousand - 1n) / perThousand;
  const answerTokens = call.askedTokens ?? price.maxOutput ?? call.maxTokens;
  const pico =
    inputTokens * larger(price.inputPico, price.cacheWritePico) +
    BigInt(call.answers) * BigInt(answerTokens) * larger(price.outputPico, price.reasoningPico) +
    price.perRequestPico;
  return pico > MOST_MONEY_PICO ? MOST_MONEY_PICO : pico;
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
