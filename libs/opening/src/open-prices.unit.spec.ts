import { join } from 'node:path';
import { formatMoney, instantOf, priceOf } from '#libs/ledger';
import { readPricesFile } from './open-prices';

const EXAMPLE = join(__dirname, '../../../docs/prices.yaml');

describe('the example in docs/', () => {
  const book = async () => {
    const read = await readPricesFile(EXAMPLE, { currency: 'USD' });
    if (!read.ok) throw new Error(JSON.stringify(read.errors));
    return read.value;
  };

  it.each([
    ['gpt-5', '1.25', '10.00'],
    ['gpt-5-2025-08-07', '1.25', '10.00'],
    ['gpt-5-mini', '0.25', '2.00'],
    ['gpt-4o-mini-2024-07-18', '0.15', '0.60'],
    ['claude-sonnet-4-5-20250929', '3.00', '15.00'],
    ['gemini-2.5-flash-lite', '0.10', '0.40'],
  ])('prices %s', async (model, input, output) => {
    const price = priceOf(await book(), model, instantOf('2026-11-30T00:00:00Z'))!;
    const perMillion = (pico: bigint) => formatMoney(pico * 1_000_000n);
    expect([perMillion(price.inputPico), perMillion(price.outputPico)]).toEqual([input, output]);
  });

  it('says that it is an example, and knows no model that it does not name', async () => {
    const example = await book();
    expect(example.version).toMatch(/example/);
    expect(example.document.models.length).toBeGreaterThan(20);
    expect(priceOf(example, 'gpt-4.5', 0n)).toBeUndefined();
  });
});
