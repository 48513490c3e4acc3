import fc from 'fast-check';

/** Dollars for a token, as price lists have them for a million. */
const prices = fc.integer({ min: 1, max: 7500 }).map((cents) => cents / 100 / 1_000_000);
const tokens = fc.oneof(fc.integer({ min: 1, max: 2000 }), fc.integer({ min: 1, max: 200_000 }));

/** What calls cost as gateways reckon it, in floats: tokens in and out, each at its price. */
export function floatCosts(count: number, seed: number): number[] {
  const costs = fc
    .tuple(tokens, prices, tokens, prices)
    .map(([input, forInput, output, forOutput]) => input * forInput + output * forOutput);
  return fc.sample(fc.oneof(costs, costs, fc.constantFrom(7.5e-5, 0.1 + 0.2, 1e-7)), {
    numRuns: count,
    seed,
  });
}
