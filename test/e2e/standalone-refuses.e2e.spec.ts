import { execFile } from 'node:child_process';
import { readdir, writeFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { LedgerFolder, LedgerProcess } from '#libs/testing';

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
    'MAX_LAG is "30", but must be an ISO 8601 duration from PT1S to P24D, for example MAX_LAG=PT30S.',
  ],
  [
    { CLOCK_OFFSET: 'abc' },
    'CLOCK_OFFSET is "abc", but must be an ISO 8601 duration from -P36500D to P36500D, for example CLOCK_OFFSET=PT1H.',
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
      const env = { DATA_DIR: folder.dataDir, MAXLAG: 'PT1M' };
      ledger = await LedgerProcess.start({ env });
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

    it('has said which variable nobody reads', () => {
      expect(ledger.output).toContain('MAXLAG is set, but this process reads MAX_LAG');
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

  describe('on a folder that is none', () => {
    const sentence = (dataDir: string, why: string) =>
      `DATA_DIR is "${dataDir}", but the embedded Postgres cannot start there (${why}): choose another folder, for example DATA_DIR=.spend-ledger.\n`;

    it.each([
      ['/proc/x', 'no folder can be made there'],
      ['/proc/x/y/z', 'no folder can be made there'],
      ['/dev/null', 'it is no folder'],
      ['/dev/null/x', 'it lies below what is no folder'],
      [`/tmp/${'x'.repeat(300)}`, expect.stringContaining('ENAMETOOLONG') as string],
    ])('is refused in a sentence: %s', async (dataDir, why) => {
      const { code, text } = await refusal({ DATA_DIR: dataDir });
      if (typeof why === 'string') expect(text).toBe(sentence(dataDir, why));
      else expect(text).toEqual(why);
      expect(text.trimEnd()).not.toContain('\n');
      expect(code).toBe(1);
    });

    const mount = (...args: string[]) => promisify(execFile)('mount', args);
    const unmount = (place: string) => promisify(execFile)('umount', [place]);

    it.each([
      ['full', 'size=1m', /a new ledger needs 100 MiB, and that place has \d+ left/],
      ['read-only', 'ro', /that place is read-only/],
    ])('is refused in a sentence on a place that is %s', async (_what, options, why) => {
      const place = join(folder.dataDir, 'place');
      await mkdir(place, { recursive: true });
      const isMounted = await mount('-t', 'tmpfs', '-o', options, 'tmpfs', place).then(
        () => true,
        () => false,
      );
      if (!isMounted) {
        // Only a user who may mount can try it.
        process.stderr.write(`no ${options} was mounted: a folder on one is not tried\n`);
        return;
      }
      try {
        const { code, text } = await refusal({ DATA_DIR: join(place) });
        expect(text).toMatch(why);
        expect(text.trimEnd()).not.toContain('\n');
        expect(code).toBe(1);
      } finally {
        await unmount(place);
      }
    });
  });

  it.each([
    'DATA_DIR',
    'HOST',
    'TLS_CERT_FILE',
    'FIRST_TOKEN_FILE',
    'KAFKA_BROKERS',
    'DATABASE_URL',
  ])('is refused without a word of the secret that is in %s', async (name) => {
    const secret = `ghp_${'A1b2'.repeat(9)}`;
    const file = join(folder.dataDir, 'file');
    await writeFile(file, '');
    const values: Record<string, string> = {
      DATA_DIR: `${file}/${secret}`,
      KAFKA_BROKERS: `${secret}:1`,
      DATABASE_URL: `postgres://${secret}@127.0.0.1:1/${secret}`,
      FIRST_TOKEN_FILE: `/dev/null/${secret}`,
    };
    const started = LedgerProcess.spawn({
      env: {
        DATA_DIR: folder.dataDir,
        ...(name === 'TLS_CERT_FILE' && { TLS_KEY_FILE: `/${secret}` }),
        [name]: values[name] ?? secret,
      },
    });
    expect(await started.end()).toBe(1);
    expect(started.errors).not.toBe('');
    expect(started.output).not.toContain(secret);
  });
});
