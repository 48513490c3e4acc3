import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { instantOf, parsePriceBook, type PriceBook, type Spend } from '#libs/ledger';
import { spendContentHash } from './content-hash';
import { readEvent } from './read-event';
import type { RecordBytes } from './record';
import { writePriceBook, writeSpend } from './write-event';

const FOLDER = join(__dirname, '../golden/v1/prices');
const RULES = { currency: 'USD' };
const FACT = { recordedAt: instantOf('2026-04-27T10:00:01.25Z'), caller: 'anonymous' };

const spend = (said: Pick<Spend, 'id' | 'basis' | 'model'> & Partial<Spend>): Spend => ({
  ...{ source: 'gateway-a', currency: 'USD', time: instantOf('2026-04-27T10:00:00Z') },
  scope: { type: 'user', userId: 'alice' },
  ...said,
});

/** What each file says. A file is never changed: what was written once must be readable for ever. */
const SPENDS: Readonly<Record<string, Spend>> = {
  'spend-of-usage': spend({
    id: 'call-6',
    amountPico: 3_375_000_000n,
    usage: { input: 1200, output: 300, cachedInput: 1000, cacheWrite: 0, reasoning: 100 },
    pricedBy: '2026-04-01',
    basis: 'exact',
    model: 'gpt-5',
  }),
  'spend-of-usage-without-a-price': spend({
    id: 'call-7',
    usage: { input: 1_000_000_000_000, output: 0 },
    basis: 'estimated',
    model: 'a model of nobody',
  }),
};

const PRICES = {
  version: '2026-04-01 (list)',
  currency: 'USD',
  models: [
    {
      ...{ match: 'gpt-5', from: '2026-01-01T01:00:00.001+01:00', input: '1.25', output: '10' },
      ...{ cachedInput: '0.1250', maxOutput: 128_000 },
    },
    {
      ...{ match: 'claude-*', input: '3.00', cachedInput: '0.30', cacheWrite: '3.75' },
      ...{ output: '15.00', reasoning: '99999999.999999', perRequest: '0.000001' },
    },
  ],
};

function golden(name: string): RecordBytes {
  const text = readFileSync(join(FOLDER, `${name}.json`), 'utf8');
  const { headers, value } = JSON.parse(text) as { headers: RecordBytes['headers']; value: string };
  return { headers, value: Buffer.from(value) };
}

function expectSameBytes(written: RecordBytes, file: RecordBytes): void {
  expect(written.value.toString()).toBe(file.value.toString());
  expect(Object.entries(written.headers)).toEqual(Object.entries(file.headers));
}

describe('the records of usage and prices of version 1', () => {
  it('are all told of here', () => {
    const files = readdirSync(FOLDER).sort();
    expect(files).toEqual(
      ['prices-set', ...Object.keys(SPENDS)].map((name) => `${name}.json`).sort(),
    );
  });

  it.each(Object.entries(SPENDS))('%s is read, and still written so', (name, said) => {
    const file = golden(name);
    const contentHash = spendContentHash(said);
    const event = { kind: 'spend_recorded', spend: said, extensions: {}, contentHash, ...FACT };
    expect(readEvent(file, RULES)).toEqual({ ok: true, value: event });
    expectSameBytes(writeSpend({ spend: said, extensions: {} }, { ...FACT, contentHash }), file);
  });

  it('prices-set is read, and still written so', () => {
    const file = golden('prices-set');
    const book = parsePriceBook(PRICES, RULES) as { value: PriceBook };
    const fact = { ...FACT, caller: 'ledger' };
    expect(readEvent(file, RULES)).toMatchObject({
      ok: true,
      value: { kind: 'prices_set', book: book.value, ...fact },
    });
    expectSameBytes(writePriceBook(book.value, fact), file);
  });
});

describe('the hash of usage', () => {
  const said = SPENDS['spend-of-usage']!;

  it('is of what was said: of the usage, and of no amount', () => {
    const canonical =
      '{"basis":"exact","currency":"USD","model":"gpt-5","scope":{"type":"user","userId":"alice"},' +
      '"time":"2026-04-27T10:00:00Z","type":"spendledger.spend.recorded.v1",' +
      '"usage":{"cacheWrite":0,"cachedInput":1000,"input":1200,"output":300,"reasoning":100}}';
    expect(spendContentHash(said)).toBe(createHash('sha256').update(canonical).digest('hex'));
  });

  it('is the same whatever it was priced at', () => {
    const { amountPico: _, pricedBy: __, ...unpriced } = said;
    expect(spendContentHash(unpriced)).toBe(spendContentHash(said));
    expect(spendContentHash({ ...said, amountPico: 1n, pricedBy: 'x' })).toBe(
      spendContentHash(said),
    );
  });
});

describe('a record of usage', () => {
  const file = golden('spend-of-usage');
  const readWith = (headers: Record<string, string | undefined>) => {
    const all = Object.entries({ ...file.headers, ...headers });
    const given = all.filter((entry): entry is [string, string] => entry[1] !== undefined);
    return readEvent({ ...file, headers: Object.fromEntries(given) }, RULES);
  };

  it.each([
    [{ ce_ledgeramount: undefined }, 'ledgeramount', 'required'],
    [{ ce_ledgerprices: undefined }, 'ledgerprices', 'required'],
    [{ ce_ledgeramount: '1e3' }, 'ledgeramount', 'decimal'],
    [{ ce_ledgerprices: '' }, 'ledgerprices', 'not_empty'],
  ])('is set aside with %j', (headers, field, rule) => {
    expect(readWith(headers)).toMatchObject({ ok: false, errors: [{ field, rule }] });
  });

  it('may have had these extensions before they were the ledger’s, without usage', () => {
    const value = Buffer.from(
      JSON.stringify({ scope: { type: 'user', userId: 'alice' }, amount: '1.00' }),
    );
    const headers = { ...file.headers, ce_ledgeramount: 'mine' };
    expect(readEvent({ headers, value }, RULES)).toMatchObject({
      ok: true,
      value: { extensions: { ledgeramount: 'mine', ledgerprices: '2026-04-01' } },
    });
  });

  it.each([
    [{ ce_source: 'gateway-a' }, 'id', 'version'],
    [{ ce_id: '2026-04-02' }, 'id', 'version'],
  ])('of prices is set aside with %j', (headers, field, rule) => {
    const prices = golden('prices-set');
    const read = readEvent({ ...prices, headers: { ...prices.headers, ...headers } }, RULES);
    expect(read).toMatchObject({ ok: false, errors: [{ field, rule }] });
    expect(readEvent(prices, { currency: 'EUR' })).toMatchObject({
      errors: [{ field: 'data.currency' }],
    });
  });
});
