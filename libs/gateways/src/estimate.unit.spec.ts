import { parsePriceBook, priceOf } from '#libs/ledger';
import { callOf } from './call-facts.fixture';
import { ESTIMATE_PATHS, estimateCall } from './estimate';
import { bodyPathsOf, readBody } from './scan-body';

const book = parsePriceBook(
  { version: '1', currency: 'USD', models: [{ match: 'm', input: '1', output: '2' }] },
  {},
);
if (!book.ok) throw new Error('no prices');
const price = priceOf(book.value, 'm', 0n)!;
const PICO_A_TOKEN = 1_000_000n;

function estimate(call: Parameters<typeof callOf>[0], maxTokens = 100): bigint {
  const facts = callOf(call);
  const body = readBody(facts.body, bodyPathsOf(ESTIMATE_PATHS));
  return estimateCall(price, { bytesPerToken: 1, maxTokens }, facts, body) / PICO_A_TOKEN;
}

describe('an estimate', () => {
  const length = (body: object) => BigInt(JSON.stringify(body).length);

  it.each([
    [{}, 200n],
    [{ max_tokens: 7 }, 14n],
    [{ max_completion_tokens: 5, max_tokens: 7 }, 10n],
    [{ max_output_tokens: 6 }, 12n],
    [{ max_tokens: 7, n: 3 }, 42n],
    [{ max_tokens: '7' }, 14n],
    [{ max_tokens: null, n: null }, 200n],
    [{ max_tokens: -1, n: 0 }, 200n],
    [{ max_tokens: 1.5 }, 4n],
    [{ max_tokens: [], n: {} }, 200n],
  ])('of %p adds %s for the answer to the body’s bytes', (body, answer) => {
    expect(estimate({ body })).toBe(length(body) + answer);
  });

  it('of a body that was cut takes the length that its header says', () => {
    const headers = { 'content-length': '3145728' };
    expect(estimate({ body: '{"max_tokens":1', isCut: true, headers })).toBe(3145728n + 200n);
    expect(estimate({ headers })).toBe(3145728n + 200n);
    expect(estimate({ headers: { 'content-length': '-5' } })).toBe(200n);
  });

  it('of an absurd wish is money all the same', () => {
    expect(estimate({ body: { max_tokens: 1e300, n: 1e300 } })).toBeGreaterThan(10n ** 18n);
  });
});
