import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Metrics } from '#libs/runtime';
import {
  createTestDatabase,
  priceBook,
  TEST_CURRENCY,
  TEST_PARTITIONS,
  waitUntil,
  type TestDatabase,
} from '#libs/testing';
import { openIngestPrices, recordPrices } from './record-prices';

const OTHER = [{ match: 'gpt-5', input: '1.26', output: '10' }];

describe('a version of the prices', () => {
  let db: TestDatabase;

  beforeEach(async () => {
    db = await createTestDatabase();
  });
  afterEach(() => db.drop());

  const parts = () => ({ database: db.database, partitions: TEST_PARTITIONS });
  const onRecord = async () => {
    const rows = await db.database.kysely.selectFrom('outbox').selectAll().execute();
    return rows.map(({ headers }) => headers['ce_id']);
  };

  it('is put on record once, however many processes have it', async () => {
    const standings = await Promise.all(
      Array.from({ length: 8 }, () => recordPrices(parts(), priceBook('v1'))),
    );
    expect(standings).toEqual(Array(8).fill('on_record'));
    expect(await onRecord()).toEqual(['v1']);
    const respelled = [{ match: 'gpt-5', input: '1.250', output: '10.0' }];
    expect(await recordPrices(parts(), priceBook('v1', respelled))).toBe('on_record');
    expect(await onRecord()).toEqual(['v1']);
  });

  it('says one thing for ever: of several at the same instant one is taken', async () => {
    const contents = ['1', '2', '3', '4'].map((input) => [{ match: 'gpt-5', input, output: '1' }]);
    const standings = await Promise.all(
      contents.map((models) => recordPrices(parts(), priceBook('v1', models))),
    );
    const refusal = 'whose version "v1" is on record with other content: give it another version';
    expect(standings.filter((standing) => standing === 'on_record')).toHaveLength(1);
    const refused = standings.filter((standing) => standing !== 'on_record');
    expect(refused).toEqual([{ refusal }, { refusal }, { refusal }]);
    expect(await onRecord()).toEqual(['v1']);
  });

  describe('in a file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'prices-'));
    const path = join(folder, 'prices.yaml');
    afterAll(() => rmSync(folder, { recursive: true }));

    const write = (version: string, models: readonly object[] = OTHER) =>
      writeFileSync(path, JSON.stringify({ version, currency: TEST_CURRENCY, models }));
    const said: string[] = [];
    const say = (line: unknown) => void said.push(String(line));
    const open = (isComplete: () => Promise<boolean>) =>
      openIngestPrices(
        path,
        {
          metrics: new Metrics(),
          logger: { info: say, warn: say, error: say } as never,
        },
        { ...parts(), currency: TEST_CURRENCY, claims: { isComplete } },
      );

    it('stops the start where it is on record as another', async () => {
      await recordPrices(parts(), priceBook('v1'));
      write('v1');
      for (const isComplete of [true, false]) {
        await expect(open(() => Promise.resolve(isComplete))).rejects.toThrow(
          `PRICES_FILE is "${path}", whose version "v1" is on record with other content: give it another version.`,
        );
      }
    });

    it('waits for the claims of the log, and is then put on record', async () => {
      let isComplete = false;
      write('v2');
      const prices = await open(() => Promise.resolve(isComplete));
      expect([prices.current?.version, await onRecord()]).toEqual(['v2', []]);
      isComplete = true;
      await waitUntil('it is on record', async () => (await onRecord()).length === 1);
      expect(prices.current?.version).toBe('v2');
      await prices.close();
    });

    it('is in force no more where the log turns out to have another', async () => {
      let isComplete = false;
      write('v3');
      const prices = await open(() => Promise.resolve(isComplete));
      await recordPrices(parts(), priceBook('v3'));
      isComplete = true;
      await waitUntil('it is withdrawn', () => prices.current === undefined);
      expect(said.at(-1)).toContain('whose version "v3" is on record with other content');
      await prices.close();
    });

    it('is not told of without a file', async () => {
      const prices = await openIngestPrices(
        undefined,
        { metrics: new Metrics(), logger: new EventEmitter() as never },
        {
          ...parts(),
          currency: TEST_CURRENCY,
          claims: { isComplete: () => Promise.resolve(true) },
        },
      );
      expect(prices.current).toBeUndefined();
      await prices.close();
      expect(await onRecord()).toEqual([]);
    });
  });
});
