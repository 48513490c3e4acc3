import { createTestDatabase, ledgerCommand, LedgerProcess, type TestDatabase } from '#libs/testing';
import { PRICES, PricesFile } from './support/priced-ledger';

describe('a start', () => {
  let db: TestDatabase;
  let file: PricesFile;

  beforeAll(async () => {
    db = await createTestDatabase();
    file = new PricesFile();
  });
  afterAll(async () => {
    await db.drop();
    file.remove();
  });

  it('puts the prices on record once, and is refused with others of that version', async () => {
    const env = { DATABASE_URL: db.url, PRICES_FILE: file.path };
    file.write(PRICES);
    const both = await Promise.all([
      LedgerProcess.openReady({ app: 'ingest', env }),
      LedgerProcess.openReady({ app: 'ingest', env }),
    ]);
    const auth = await LedgerProcess.open({ app: 'auth', env });
    for (const process of [...both, auth]) await process.stop();
    const { rows } = await onRecord(db);
    expect(rows).toBe(1);
    file.write(PRICES.replace('0.125', '0.126'));
    for (const app of ['ingest', 'auth', 'standalone'] as const) {
      const { code, text } = await LedgerProcess.refusal({ app, env });
      expect([code, text]).toEqual([
        1,
        `PRICES_FILE is "${file.path}", whose version "2026-11-30" is on record with other content: give it another version.\n`,
      ]);
    }
  });

  it.each<[string, string]>([
    ['models:', 'in which models must be a list of at least one model'],
    ['- {match: x, input: 1, output: "2"}', 'in which models[2].input must be a decimal string'],
  ])('is refused in one sentence with %s', async (change, sentence) => {
    const text = change === 'models:' ? PRICES.replace(/models:[^]*/, change) : PRICES + change;
    file.write(text);
    const env = { DATABASE_URL: db.url, PRICES_FILE: file.path };
    for (const app of ['ingest', 'auth', 'standalone'] as const) {
      const refused = await LedgerProcess.refusal({ app, env });
      expect(refused.code).toBe(1);
      expect(refused.text).toContain(`PRICES_FILE is "${file.path}", ${sentence}`);
      expect(refused.text.trimEnd().split('\n')).toHaveLength(1);
    }
  });

  it('is told of by `ledger prices check`, a sentence for each fault', async () => {
    file.write(PRICES.replace('1.25', '1,25').replace('currency: USD', 'currency: usd'));
    const wrong = await ledgerCommand({}, 'prices', 'check', file.path);
    expect([wrong.status, wrong.stdout, wrong.stderr]).toEqual([
      2,
      '',
      [
        `${file.path}: currency must be three capital letters such as "USD".`,
        `${file.path}: models[0].input must be a decimal string in quotes of at most 8 digits before and 6 after the point, such as "1.25".`,
        '',
      ].join('\n'),
    ]);
    file.write(PRICES);
    const right = await ledgerCommand({}, 'prices', 'check', file.path);
    expect([right.status, right.stdout]).toEqual([
      0,
      'The prices 2026-11-30 are in order: 2 entries, in USD.\n',
    ]);
    const gone = await ledgerCommand({}, 'prices', 'check', `${file.path}.gone`);
    expect([gone.status, gone.stderr]).toEqual([
      2,
      `${file.path}.gone: The file cannot be read (ENOENT).\n`,
    ]);
  });
});

/** How many records of prices lie in the outbox and on the log. */
async function onRecord({ database }: TestDatabase): Promise<{ rows: number }> {
  const { kysely } = database;
  const all = [
    ...(await kysely.selectFrom('log_record').select('headers').execute()),
    ...(await kysely.selectFrom('outbox').select('headers').execute()),
  ];
  const isOfPrices = (headers: unknown) =>
    (headers as Record<string, string>)['ce_type'] === 'spendledger.prices.set.v1';
  return { rows: all.filter(({ headers }) => isOfPrices(headers)).length };
}
