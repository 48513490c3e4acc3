import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PriceBook } from '#libs/ledger';
import { claimEvents } from '#libs/recording';
import { Metrics } from '#libs/runtime';
import {
  createTestDatabase,
  priceBook,
  TEST_CURRENCY,
  waitUntil,
  type TestDatabase,
} from '#libs/testing';
import { eventKeyOf, priceBookHash, priceBookId } from '#libs/wire';
import { openPricesOnRecord } from './prices-on-record';

const MODELS = [{ match: 'gpt-5', input: '1.25', output: '10' }];

describe('the prices of a process that puts none on record', () => {
  const folder = mkdtempSync(join(tmpdir(), 'prices-'));
  const path = join(folder, 'prices.json');
  let db: TestDatabase;
  beforeEach(async () => {
    db = await createTestDatabase();
    writeFileSync(path, JSON.stringify({ version: 'v1', currency: TEST_CURRENCY, models: MODELS }));
  });
  afterEach(() => db.drop());
  afterAll(() => rmSync(folder, { recursive: true }));

  async function open() {
    const said: string[] = [];
    const ignore = () => undefined;
    const error = (text: unknown) => said.push(String(text));
    const logger = { info: ignore, warn: ignore, error } as never;
    const given = { currency: TEST_CURRENCY, database: db.database };
    const tools = { logger, metrics: new Metrics() };
    return { said, prices: await openPricesOnRecord(path, tools, given) };
  }
  const claim = (book: PriceBook) => {
    const eventKey = eventKeyOf(priceBookId(book.version));
    return claimEvents(db.database, [{ eventKey, contentHash: priceBookHash(book), partition: 0 }]);
  };

  it('are in force where their version is on record as they are', async () => {
    await claim(priceBook('v1', MODELS));
    const { prices, said } = await open();
    expect([prices.current?.version, said]).toEqual(['v1', []]);
    await prices.close();
  });

  it('price nothing once their version is on record with other content', async () => {
    const { prices, said } = await open();
    await claim(priceBook('v1', [{ match: 'gpt-5', input: '1.26', output: '10' }]));
    await waitUntil('they are withdrawn', () => prices.current === undefined);
    expect(said).toEqual([
      `PRICES_FILE is "${path}", whose version "v1" is on record with other content: give it another version. Nothing is priced until then.`,
    ]);
    await prices.close();
  });
});
