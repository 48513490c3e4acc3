import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { redactSecrets } from '#libs/ledger';
import { createLogger } from './logger';
import { Metrics } from './metrics';
import { ReloadedFile, type FileReading } from './reloaded-file';
import { StartRefused } from './start-refused';

const folder = mkdtempSync(join(tmpdir(), 'reloaded-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'numbers.yaml');

/** Reads `{n: <number>}`. */
function parse(document: unknown): FileReading<number> {
  const n = (document as { n?: unknown } | null)?.n;
  return typeof n === 'number'
    ? { ok: true, value: n }
    : { ok: false, errors: [{ field: 'n', rule: 'number', message: 'must be a number' }] };
}

function setUp(accept?: (value: number) => Promise<string | undefined>) {
  const source = new EventEmitter();
  const lines: string[] = [];
  const metrics = new Metrics();
  const options = {
    variable: 'NUMBERS_FILE',
    path,
    maxBytes: 1000,
    redact: redactSecrets,
    parse,
    source,
    ...(accept && { accept }),
  };
  const write = (line: string) =>
    void lines.push((JSON.parse(line) as { message: string }).message);
  const now = () => new Date(0);
  const logger = createLogger({ level: 'info', now, redact: redactSecrets, write });
  const read = () => ReloadedFile.read(options, { logger, metrics });
  const hangUp = async (file: ReloadedFile<number>, text: string) => {
    writeFileSync(path, text);
    file.start();
    source.emit('SIGHUP');
    await file.stop();
  };
  const isInForce = async () =>
    (await metrics.registry.getSingleMetricAsString('numbers_file_in_force')).split(' ').at(-1);
  return { read, hangUp, lines, isInForce, source };
}

async function refusalOf(text: string): Promise<string> {
  writeFileSync(path, text);
  const error: unknown = await setUp()
    .read()
    .then(() => undefined)
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(StartRefused);
  return (error as StartRefused).message.replace(path, 'numbers.yaml');
}

describe('at the start', () => {
  it.each([['n: 7'], ['{"n": 7}'], ['base: &base {n: 7}\n<<: *base'], ['# seven\nn: 7\n']])(
    'reads %j',
    async (text) => {
      writeFileSync(path, text);
      expect((await setUp().read()).current).toBe(7);
    },
  );

  it.each([
    ['n: seven', 'in which n must be a number.'],
    ['', 'in which n must be a number.'],
    ['n: [', 'which is not YAML 1.2 (BAD_INDENT at line 1, column 5).'],
    ['n: 1\nn: 2', 'which is not YAML 1.2 (DUPLICATE_KEY at line 2, column 1).'],
    ['n: 1\n---\nn: 2', 'which is not YAML 1.2 (MULTIPLE_DOCS at line 2, column 1).'],
    ['n: !!js/function "7"', 'which is not YAML 1.2 (TAG_RESOLVE_FAILED at line 1, column 4).'],
    ['n: *sevens', 'which has an alias that names nothing, or too many of them.'],
    ['n: 7\nx: "\\u0000"', 'in which x holds U+0000 or half of a surrogate pair.'],
    [`# ${'x'.repeat(1000)}\nn: 7`, 'which must be at most 1000 bytes.'],
    [bomb(), 'which has an alias that names nothing, or too many of them.'],
    [`n: ${'['.repeat(17)}${']'.repeat(17)}`, 'which is nested deeper than 16 levels.'],
  ])('refuses %j in one sentence', async (text, sentence) => {
    expect(await refusalOf(text)).toBe(`NUMBERS_FILE is "numbers.yaml", ${sentence}`);
  });

  it('refuses a file that is not there', async () => {
    rmSync(path, { force: true });
    await expect(setUp().read()).rejects.toThrow(
      `NUMBERS_FILE is "${path}", which cannot be read (ENOENT).`,
    );
  });

  it('refuses what is not accepted', async () => {
    writeFileSync(path, 'n: 7');
    const { read } = setUp(() => Promise.resolve('whose n is taken'));
    await expect(read()).rejects.toThrow(`NUMBERS_FILE is "${path}", whose n is taken.`);
  });
});

describe('on SIGHUP', () => {
  it('takes what the file says now', async () => {
    writeFileSync(path, 'n: 1');
    const { read, hangUp, isInForce } = setUp();
    const file = await read();
    await hangUp(file, 'n: 2');
    expect([file.current, await isInForce()]).toEqual([2, '1']);
  });

  it('keeps what it had where the file is wrong, and says why', async () => {
    writeFileSync(path, 'n: 1');
    const { read, hangUp, lines, isInForce } = setUp();
    const file = await read();
    await hangUp(file, 'n: one');
    expect(file.current).toBe(1);
    expect(lines).toEqual([
      `NUMBERS_FILE is "${path}", in which n must be a number. The content that was read before stays in force.`,
    ]);
    expect(await isInForce()).toBe('0');
    await hangUp(file, 'n: 3');
    expect([file.current, await isInForce()]).toEqual([3, '1']);
  });

  it('keeps what it had where the new content is not accepted, or nobody can say', async () => {
    writeFileSync(path, 'n: 1');
    const accept = (n: number) =>
      n === 3
        ? Promise.reject(new Error('gone'))
        : Promise.resolve(n === 2 ? 'whose n is taken' : undefined);
    const { read, hangUp, lines } = setUp(accept);
    const file = await read();
    await hangUp(file, 'n: 2');
    await hangUp(file, 'n: 3');
    expect(file.current).toBe(1);
    expect(lines).toEqual([
      expect.stringContaining('whose n is taken. The content'),
      expect.stringContaining('could not be taken: gone. The content'),
    ]);
  });

  it('reads once more after the reading under way, however many signals come', async () => {
    writeFileSync(path, 'n: 1');
    let readings = 0;
    const accept = () => {
      readings += 1;
      return Promise.resolve(undefined);
    };
    const { read, source } = setUp(accept);
    const file = await read();
    file.start();
    for (let n = 0; n < 10; n += 1) source.emit('SIGHUP');
    await file.stop();
    source.emit('SIGHUP');
    expect(readings).toBe(2);
  });
});

function bomb(): string {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
  for (let n = 1; n < 8; n += 1) lines.push(`a${n}: &a${n} [${`*a${n - 1}, `.repeat(10)}]`);
  return lines.join('\n');
}
