import fc from 'fast-check';
import { propertyOptions } from '#libs/testing';
import { instantOf } from '../instant';
import { formatMoney, MOST_MONEY_PICO } from '../money';
import { costPico, estimatePico } from './cost';
import { parsePriceBook } from './parse-price-book';
import { priceOf, type ModelPrice, type ModelPriceDocument } from './price-book';
import { MOST_TOKENS, parseUsage, type Usage } from './usage';

const AT = instantOf('2026-11-30T10:00:00Z');

function priceFrom(model: ModelPriceDocument): ModelPrice {
  const book = parsePriceBook({ version: '1', currency: 'USD', models: [model] }, {});
  if (!book.ok) throw new Error(JSON.stringify(book.errors));
  return priceOf(book.value, model.match, AT)!;
}

/** A fraction of whole numbers, which knows nothing of units or decimals of the ledger's. */
interface Fraction {
  readonly top: bigint;
  readonly bottom: bigint;
}
const fraction = (decimal: string): Fraction => {
  const [whole = '', digits = ''] = decimal.split('.');
  return { top: BigInt(whole + digits), bottom: 10n ** BigInt(digits.length) };
};
const plus = (a: Fraction, b: Fraction): Fraction => ({
  top: a.top * b.bottom + b.top * a.bottom,
  bottom: a.bottom * b.bottom,
});
const times = (tokens: number, price: Fraction): Fraction => ({
  top: BigInt(tokens) * price.top,
  bottom: price.bottom * 1_000_000n,
});

/** What the provider's bill says: each kind of token at its own price for a million. */
function billed(model: ModelPriceDocument, usage: Usage): Fraction {
  const { cachedInput = 0, cacheWrite = 0, reasoning = 0 } = usage;
  const lines = [
    times(usage.input - cachedInput - cacheWrite, fraction(model.input)),
    times(cachedInput, fraction(model.cachedInput ?? model.input)),
    times(cacheWrite, fraction(model.cacheWrite ?? model.input)),
    times(usage.output - reasoning, fraction(model.output)),
    times(reasoning, fraction(model.reasoning ?? model.output)),
    fraction(model.perRequest ?? '0'),
  ];
  return lines.reduce(plus);
}

const isEqual = (pico: bigint, { top, bottom }: Fraction): boolean =>
  pico * bottom === top * 10n ** 12n;

const decimals = fc
  .tuple(
    fc.integer({ min: 0, max: 99_999_999 }),
    fc.string({ unit: fc.constantFrom(...'0123456789'), maxLength: 6 }),
  )
  .map(([whole, digits]) => (digits === '' ? String(whole) : `${whole}.${digits}`));
const models = fc.record(
  {
    match: fc.constant('m'),
    input: decimals,
    cachedInput: decimals,
    cacheWrite: decimals,
    output: decimals,
    reasoning: decimals,
    perRequest: decimals,
  },
  { requiredKeys: ['match', 'input', 'output'] },
);
const counts = fc.oneof(
  fc.integer({ min: 0, max: 200_000 }),
  fc.integer({ min: 0, max: MOST_TOKENS }),
);
const usages: fc.Arbitrary<Usage> = fc
  .tuple(counts, counts, fc.nat(1000), fc.nat(1000), fc.nat(1000), fc.nat(7))
  .map(([input, output, cached, written, reasoning, present]) => {
    const cachedInput = Math.floor((input * cached) / 1000);
    const cacheWrite = Math.floor(((input - cachedInput) * written) / 1000);
    return {
      input,
      output,
      ...((present & 1) !== 0 && { cachedInput }),
      ...((present & 2) !== 0 && { cacheWrite }),
      ...((present & 4) !== 0 && { reasoning: Math.floor((output * reasoning) / 1000) }),
    };
  });

describe('what a call costs', () => {
  it('is the bill to the last digit, whatever the prices and the tokens', () => {
    fc.assert(
      fc.property(models, usages, (model, usage) => {
        const read = parseUsage(usage, 'usage');
        expect(read).toEqual({ ok: true, value: usage });
        const cost = costPico(priceFrom(model), usage);
        expect(isEqual(cost, billed(model, usage))).toBe(true);
        expect(cost <= MOST_MONEY_PICO).toBe(true);
      }),
      propertyOptions(500),
    );
  });

  it('adds up over 120 mixed calls to what the bill adds up to', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(models, usages), { minLength: 120, maxLength: 120 }),
        (calls) => {
          const cost = calls.reduce(
            (sum, [model, usage]) => sum + costPico(priceFrom(model), usage),
            0n,
          );
          const bill = calls.map(([model, usage]) => billed(model, usage)).reduce(plus);
          expect(isEqual(cost, bill)).toBe(true);
        },
      ),
      propertyOptions(10),
    );
  });

  it.each<[string, Omit<ModelPriceDocument, 'match'>, Usage, string]>([
    [
      'tokens that are not cached',
      { input: '1.25', cachedInput: '0.125', output: '10.00' },
      { input: 1_000, output: 500 },
      '0.00625',
    ],
    [
      'cached tokens, which the input includes',
      { input: '1.25', cachedInput: '0.125', output: '10.00' },
      { input: 1_000, output: 0, cachedInput: 900 },
      '0.0002375',
    ],
    [
      'written tokens, at the price of input where there is none of their own',
      { input: '3', output: '15' },
      { input: 100, output: 0, cacheWrite: 100 },
      '0.0003',
    ],
    [
      'reasoning at its own price',
      { input: '0', output: '10', reasoning: '20' },
      { input: 5, output: 100, reasoning: 40 },
      '0.0014',
    ],
    [
      'the call itself',
      { input: '3', output: '15', perRequest: '0.000001' },
      { input: 0, output: 0 },
      '0.000001',
    ],
    [
      'one token of the finest price',
      { input: '0.000001', output: '0' },
      { input: 1, output: 0 },
      '0.000000000001',
    ],
  ])('counts %s', (_what, model, usage, amount) => {
    expect(formatMoney(costPico(priceFrom({ match: 'm', ...model }), usage))).toBe(amount);
  });
});

describe('what a call may cost', () => {
  const price = priceFrom({
    match: 'm',
    input: '3',
    cacheWrite: '3.75',
    output: '15',
    maxOutput: 1000,
  });
  const call = { bytes: 1000, bytesPerToken: 1, answers: 1, maxTokens: 4096 };

  it('is its bytes at the dearer of input and cacheWrite, and the longest answers', () => {
    expect(formatMoney(estimatePico(price, { ...call, askedTokens: 10 }))).toBe('0.0039');
    expect(formatMoney(estimatePico(price, { ...call, answers: 3, askedTokens: 10 }))).toBe(
      '0.0042',
    );
  });

  it('takes what the request allows, else what the price says, else what is left', () => {
    const bare = priceFrom({ match: 'm', input: '0', output: '1' });
    expect(estimatePico(price, call) - estimatePico(price, { ...call, askedTokens: 0 })).toBe(
      15_000_000n * 1000n,
    );
    expect(formatMoney(estimatePico(bare, call))).toBe('0.004096');
  });

  it('counts a part of a token as a whole one', () => {
    const bare = priceFrom({ match: 'm', input: '1', output: '0' });
    const ofBytes = (bytes: number) => estimatePico(bare, { ...call, bytes, bytesPerToken: 4 });
    expect([0, 1, 4, 5].map((bytes) => formatMoney(ofBytes(bytes)))).toEqual([
      '0.00',
      '0.000001',
      '0.000001',
      '0.000002',
    ]);
  });

  it('is never below what the call costs if its tokens are within what was expected', () => {
    fc.assert(
      fc.property(models, usages, (model, usage) => {
        const own = priceFrom(model);
        const estimate = estimatePico(own, {
          bytes: usage.input,
          bytesPerToken: 1,
          answers: 1,
          askedTokens: usage.output,
          maxTokens: 1,
        });
        const dearest = costPico(own, usage);
        // An estimate knows nothing of a cache that a file prices above its input.
        fc.pre(own.cachedInputPico <= own.inputPico);
        expect(estimate >= dearest).toBe(true);
      }),
      propertyOptions(300),
    );
  });

  it('is at most the largest amount', () => {
    const asked = {
      ...call,
      answers: Number.MAX_SAFE_INTEGER,
      askedTokens: Number.MAX_SAFE_INTEGER,
    };
    expect(estimatePico(price, asked)).toBe(MOST_MONEY_PICO);
  });
});
