import fc from 'fast-check';
import { propertyOptions } from '#libs/testing';
import { instantOf } from '../instant';
import { MOST_PRICES_BYTES, parsePriceBook } from './parse-price-book';
import { priceOf, type PriceBook } from './price-book';

const NOW = '2026-11-30T10:00:00Z';
const model = (match: string, input = '1', more: object = {}) => ({
  match,
  input,
  output: '2',
  ...more,
});
const document = (models: unknown, more: object = {}) => ({
  version: '2026-11-30',
  currency: 'USD',
  models,
  ...more,
});

function bookOf(...models: readonly object[]): PriceBook {
  const book = parsePriceBook(document(models), { currency: 'USD' });
  if (!book.ok) throw new Error(JSON.stringify(book.errors));
  return book.value;
}

/** The input's price for a million tokens, in whole units. */
const inputOf = (book: PriceBook, name: string, at = NOW): bigint | undefined => {
  const price = priceOf(book, name, instantOf(at));
  return price && price.inputPico / 1_000_000n;
};

describe('the price of a model', () => {
  it.each([[[0, 1, 2]], [[2, 1, 0]], [[1, 2, 0]]])(
    'is that of its exact name, then of the longest pattern, in the order %j',
    (order) => {
      const all = [model('gpt-5', '1'), model('gpt-*', '2'), model('gpt-5*', '3')];
      const book = bookOf(...order.map((n) => all[n]!));
      expect(['gpt-5', 'gpt-5-mini', 'gpt-4o'].map((name) => inputOf(book, name))).toEqual([
        1n,
        3n,
        2n,
      ]);
    },
  );

  it('is the latest of those in force by then', () => {
    const book = bookOf(
      model('m', '2', { from: '2026-06-01T00:00:00Z' }),
      model('m', '1'),
      model('m', '3', { from: '2026-12-01T00:00:00+01:00' }),
    );
    const at = (time: string) => inputOf(book, 'm', time);
    expect(at('2026-05-31T23:59:59.999999Z')).toBe(1n);
    expect(at('2026-06-01T00:00:00Z')).toBe(2n);
    expect(at('2026-11-30T22:59:59.999999Z')).toBe(2n);
    expect(at('2026-11-30T23:00:00Z')).toBe(3n);
  });

  it('is that of the next pattern while its own is not in force', () => {
    const later = { from: '2027-01-01T00:00:00Z' };
    const book = bookOf(model('gpt-5', '1', later), model('gpt-5*', '2', later), model('*', '3'));
    expect(inputOf(book, 'gpt-5')).toBe(3n);
    expect(inputOf(book, 'gpt-5', '2027-01-01T00:00:00Z')).toBe(1n);
  });

  it('is unknown, never zero, where nothing fits', () => {
    const book = bookOf(model('gpt-5'), model('claude-*'));
    for (const name of ['gpt-5-mini', 'GPT-5', 'claude', '', 'constructor', '__proto__']) {
      expect(priceOf(book, name, instantOf(NOW))).toBeUndefined();
    }
    expect(
      priceOf(bookOf(model('m', '1', { from: '2027-01-01T00:00:00Z' })), 'm', instantOf(NOW)),
    ).toBeUndefined();
  });

  it.each([
    ['*', '', true],
    ['a*', 'a', true],
    ['a*a', 'a', false],
    ['a*a', 'aa', true],
    ['*mini', 'gpt-5-mini', true],
    ['*/gpt-5', 'openai/gpt-5', true],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'a-c', false],
    ['ab*b', 'ab', false],
    ['a*bc*c', 'abc', false],
    ['a.c*', 'abc', false],
  ])('by the pattern %s of %s: %p', (match, name, fits) => {
    expect(priceOf(bookOf(model(match)), name, instantOf(NOW)) !== undefined).toBe(fits);
  });

  it('is found by patterns as a regular expression finds it', () => {
    const text = fc.string({ unit: fc.constantFrom(...'ab'), maxLength: 8 });
    fc.assert(
      fc.property(fc.array(text, { minLength: 2, maxLength: 4 }), text, (pieces, name) => {
        const fits = new RegExp(`^${pieces.join('.*')}$`).test(name);
        const found = priceOf(bookOf(model(pieces.join('*'))), name, instantOf(NOW));
        expect(found !== undefined).toBe(fits);
      }),
      propertyOptions(500),
    );
  });
});

describe('a price book', () => {
  it('is printed as money and times are, however it was spelled', () => {
    const given = { from: '2026-01-01T01:00:00+01:00', cachedInput: '0.1250', maxOutput: 128000 };
    const book = bookOf(model('gpt-5', '1.250000', given));
    const printed = document([
      {
        match: 'gpt-5',
        from: '2026-01-01T00:00:00Z',
        input: '1.25',
        cachedInput: '0.125',
        output: '2.00',
        maxOutput: 128000,
      },
    ]);
    expect(book.document).toEqual(printed);
    const again = parsePriceBook(book.document, { currency: 'USD' });
    expect(again).toEqual({ ok: true, value: book });
  });

  it.each<[unknown, string, string]>([
    [null, '', 'object'],
    [[], '', 'object'],
    [document([model('m')], { version: undefined }), 'version', 'required'],
    [document([model('m')], { version: 3 }), 'version', 'string'],
    [document([model('m')], { version: '' }), 'version', 'not_empty'],
    [document([model('m')], { version: 'sk-0123456789abcdef0' }), 'version', 'secret'],
    [document([model('m')], { currency: undefined }), 'currency', 'required'],
    [document([model('m')], { currency: 'usd' }), 'currency', 'currency'],
    [document([model('m')], { currency: 'EUR' }), 'currency', 'currency'],
    [document([model('m')], { valid: true }), 'valid', 'unknown_member'],
    [document(undefined), 'models', 'required'],
    [document([]), 'models', 'list'],
    [document({ m: model('m') }), 'models', 'list'],
    [document(['m']), 'models[0]', 'object'],
    [document([{ input: '1', output: '1' }]), 'models[0].match', 'required'],
    [document([model('m'), { match: 'n', output: '1' }]), 'models[1].input', 'required'],
    [document([{ match: 'n', input: '1' }]), 'models[0].output', 'required'],
    [document([model('m', '1', { inputs: '1' })]), 'models[0].inputs', 'unknown_member'],
    [document([model('m', '1', { from: '2026-01-01' })]), 'models[0].from', 'rfc3339'],
    [document([model('m', '1', { input: 1.25 })]), 'models[0].input', 'price'],
    [document([model('m', '-1')]), 'models[0].input', 'price'],
    [document([model('m', '1e3')]), 'models[0].input', 'price'],
    [document([model('m', '0.0000001')]), 'models[0].input', 'price'],
    [document([model('m', '100000000')]), 'models[0].input', 'price'],
    [document([model('m', '1', { reasoning: null })]), 'models[0].reasoning', 'price'],
    [document([model('m', '1', { maxOutput: 0 })]), 'models[0].maxOutput', 'tokens'],
    [document([model('m', '1', { maxOutput: '5' })]), 'models[0].maxOutput', 'tokens'],
    [document([model('m'), model('n'), model('m', '2')]), 'models[2].match', 'unique'],
    [
      document([
        model('m', '1', { from: '2026-01-01T00:00:00Z' }),
        model('m', '1', { from: '2026-01-01T01:00:00+01:00' }),
      ]),
      'models[1].match',
      'unique',
    ],
  ])('names what is wrong with %j', (value, field, rule) => {
    expect(parsePriceBook(value, { currency: 'USD' })).toMatchObject({
      ok: false,
      errors: [{ field, rule }],
    });
  });

  it('lists 20 faults and counts the others', () => {
    const bad = Array.from({ length: 50 }, () => ({ match: 'm', input: '1', output: 2 }));
    const read = parsePriceBook(document(bad), {});
    if (read.ok) throw new Error('it was read');
    expect(read.errors).toHaveLength(20);
    expect(read.errors.at(-1)).toMatchObject({ more: 30 });
  });

  it('is at most one record large', () => {
    const many = (count: number) =>
      document(Array.from({ length: count }, (_, n) => model(`${n}`.padEnd(250, 'x'))));
    expect(parsePriceBook(many(1_000), {})).toMatchObject({ ok: true });
    expect(parsePriceBook(many(2_000), {})).toMatchObject({
      ok: false,
      errors: [{ field: 'models', rule: 'size' }],
    });
    expect(MOST_PRICES_BYTES).toBeLessThan(1_000_000);
  });

  it('has any currency where the ledger is not known', () => {
    expect(parsePriceBook(document([model('m')], { currency: 'EUR' }), {})).toMatchObject({
      ok: true,
      value: { currency: 'EUR' },
    });
  });
});
