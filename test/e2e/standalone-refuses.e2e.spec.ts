import { readdir } from 'node:fs/promises';
import { LedgerFolder, LedgerProcess } from '#libs/testing';

jest.setTimeout(120_000);

/** Each with the sentence it gets: the variable, its fault, an example. */
const WRONG: readonly [Record<string, string>, string][] = [
  [
    { PARTITIONS: '0' },
    'PARTITIONS is "0", but must be a whole number from 1 to 4096, for example PARTITIONS=12.',
  ],
  [
    { LEDGER_CURRENCY: 'usd' },
    'LEDGER_CURRENCY is "usd", but must be a currency of three capital letters, for example LEDGER_CURRENCY=USD.',
  ],
  [
    { HTTP_PORT: 'x' },
    'HTTP_PORT is "x", but must be a whole number from 0 to 65535, for example HTTP_PORT=8080.',
  ],
  [
    { MAX_LAG: '30' },
    'MAX_LAG is "30", but must be an ISO 8601 duration of at least 1000 milliseconds, for example MAX_LAG=PT30S.',
  ],
  [
    { CLOCK_OFFSET: 'abc' },
    'CLOCK_OFFSET is "abc", but must be an ISO 8601 duration, for example CLOCK_OFFSET=PT1H.',
  ],
  [
    { KAFKA_BROKERS: 'localhost' },
    'KAFKA_BROKERS must be addresses of brokers as host:port, joined with commas, for example KAFKA_BROKERS=localhost:9092.',
  ],
];

describe('a start that cannot be', () => {
  let folder: LedgerFolder;

  const refusal = (env: Record<string, string>) =>
    LedgerProcess.refusal({ env: { DATA_DIR: folder.dataDir, ...env } });

  beforeAll(async () => {
    folder = await LedgerFolder.create();
  });

  afterAll(() => folder.remove());

  it('says one sentence for each wrong variable, all at once, and touches nothing', async () => {
    const { code, text } = await refusal(Object.assign({}, ...WRONG.map(([env]) => env)));
    expect(text.trimEnd().split('\n').sort()).toEqual(WRONG.map(([, sentence]) => sentence).sort());
    expect(code).toBe(1);
    expect(await readdir(folder.dataDir)).toEqual([]);
  });

  describe('beside a ledger that runs', () => {
    let ledger: LedgerProcess;

    beforeAll(async () => {
      ledger = await LedgerProcess.start({ env: { DATA_DIR: folder.dataDir } });
    });

    afterAll(() => ledger.stop());

    it('is refused on the same folder, and the one that runs does not notice', async () => {
      expect(await refusal({})).toEqual({
        code: 1,
        text: `The data folder ${folder.dataDir} is in use by another spend ledger (process ${ledger.child.pid}): stop that one, or choose another folder with DATA_DIR.\n`,
      });
      const recorded = await ledger.http.record({ type: 'user', userId: 'alice' }, '1.00');
      expect(recorded.status).toBe(201);
      expect((await ledger.http.get('/readyz')).status).toBe(200);
      expect(ledger.errors).toBe('');
    });

    it('is refused on a port that is taken, and leaves no Postgres behind', async () => {
      const other = await LedgerFolder.create();
      const port = new URL(ledger.httpUrl).port;
      expect(await refusal({ DATA_DIR: other.dataDir, HTTP_PORT: port })).toEqual({
        code: 1,
        text: `Another process listens on port ${port} on 127.0.0.1 already; set HTTP_PORT to another one.\n`,
      });
      expect(await other.hasPostgres()).toBe(false);
      await other.remove();
    });
  });

  it.each([
    [
      { PARTITIONS: '5' },
      'PARTITIONS is 5, but this ledger was created with 12, and the number is fixed for ever.',
    ],
    [
      { LEDGER_CURRENCY: 'EUR' },
      'LEDGER_CURRENCY is EUR, but this ledger was created in USD, and a ledger has one currency for ever.',
    ],
  ])('is refused on a ledger created otherwise: %j', async (env, sentence) => {
    expect(await refusal(env)).toEqual({ code: 1, text: `${sentence}\n` });
    expect(await folder.hasPostgres()).toBe(false);
  });
});
