import type { ModelPrice } from './price-book';
import type { Usage } from './usage';

/** One kind of token in what a call cost, for people: they add up to `costPico`. */
export interface CostLine {
  readonly part: 'input' | 'cachedInput' | 'cacheWrite' | 'output' | 'reasoning' | 'perRequest';
  /** Tokens that are of no other part; of `perRequest` one call. */
  readonly count: number;
  /** 10^-12 units for each of them. */
  readonly eachPico: bigint;
  readonly costPico: bigint;
}

/** Those that are there. */
export function costLines(price: ModelPrice, usage: Usage): readonly CostLine[] {
  const { input, output, cachedInput = 0, cacheWrite = 0, reasoning = 0 } = usage;
  const lines: readonly (readonly [CostLine['part'], number, bigint])[] = [
    ['input', input - cachedInput - cacheWrite, price.inputPico],
    ['cachedInput', cachedInput, price.cachedInputPico],
    ['cacheWrite', cacheWrite, price.cacheWritePico],
    ['output', output - reasoning, price.outputPico],
    ['reasoning', reasoning, price.reasoningPico],
    ['perRequest', price.perRequestPico === 0n ? 0 : 1, price.perRequestPico],
  ];
  return lines.flatMap(([part, count, eachPico]) =>
    count === 0 ? [] : [{ part, count, eachPico, costPico: BigInt(count) * eachPico }],
  );
}
