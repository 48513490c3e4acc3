import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { instantOf, type Scope } from '#libs/ledger';
import {
  createTestDatabase,
  openTestLog,
  projectLog,
  spendRecord,
  type TestDatabase,
} from '#libs/testing';
import { eventKeyOf } from '#libs/wire';
import { runCommand } from './ledger-commands.fixture';

const ALICE: Scope = { type: 'user', userId: 'alice' };

describe('corrections in bulk', () => {
  const folder = mkdtempSync(join(tmpdir(), 'corrections-'));
  let db: TestDatabase;

  beforeAll(async () => {
    db = await createTestDatabase();
    const id = { source: 'test-gateway', id: 'call-1' };
    const time = instantOf('2026-04-22T00:00:00Z');
    const record = spendRecord(ALICE, '100.00', { ...id, time, model: 'gpt-5' });
    await sql`
      insert into event_claim (event_key, content_hash, partition)
      values (${eventKeyOf(id)}, '', ${record.partition})`.execute(db.database.kysely);
    await openTestLog(db.database).append([record]);
    await projectLog(db.database);
  });
  afterAll(async () => {
    await db.drop();
    rmSync(folder, { recursive: true });
  });

  it('name a bad line among many, and prepare nothing', async () => {
    await recordMany(69_999);
    const good = Array.from({ length: 69_999 }, (_, n) => `many,${n + 1},reverse,`);
    const before = await batches();
    const file = csv(...good, 'test-gateway,call-1,amend,1e3');
    expect(await refusal('prepare', '--reason', 'x', '--csv', file)).toMatch(
      /^Nothing was prepared:\n {2}line 70001: amount must be a decimal[^\n]*$/,
    );
    expect(await batches()).toBe(before);
  });

  it('name every bad line up to twenty, in their order', async () => {
    const lines = Array.from({ length: 30 }, (_, n) =>
      n % 2 === 0 ? `none,${n},reverse,` : 'test-gateway,call-1,amend,1e3',
    );
    const sentence = await refusal('prepare', '--reason', 'x', '--csv', csv(...lines));
    const named = [...sentence.matchAll(/line (\d+):/g)].map(([, line]) => Number(line));
    expect(named.length).toBeGreaterThan(10);
    expect(named.length).toBeLessThanOrEqual(20);
    expect(named).toEqual([...named].sort((a, b) => a - b));
  });

  it.each<[string, string[], string]>([
    [
      'twice the same',
      ['test-gateway,call-1,reverse,', 'test-gateway,call-1,amend,1'],
      'line 3: corrects a spend that another line corrects',
    ],
    ['a reverse of an amount', ['test-gateway,call-1,reverse,1'], 'line 2: amount must be empty'],
    ['another kind', ['test-gateway,call-1,refund,1'], 'line 2: kind must be one of'],
    ['no id', ['test-gateway,,reverse,'], 'line 2: id must not be empty'],
    ['too few columns', ['test-gateway,call-1'], 'line 2: '],
    ['an open quote', ['"test-gateway,call-1,reverse,'], 'line '],
    ['nothing', [], 'The file has no corrections.'],
  ])('are refused with %s', async (_, lines, sentence) => {
    const before = await batches();
    const file = csv(...lines);
    expect(await refusal('prepare', '--reason', 'x', '--csv', file)).toContain(sentence);
    expect(await batches()).toBe(before);
  });

  it.each<[string[], string]>([
    [['prepare', '--reverse', '--model', 'gpt-5'], 'Say why: --reason'],
    [['prepare', '--reason', 'x', '--reverse'], 'Say which spends'],
    [['prepare', '--reason', 'x', '--model', 'gpt-5'], 'Say what becomes of them'],
    [['prepare', '--reason', 'x', '--model', 'a', '--reverse', '--amount', '1'], 'Say what'],
    [['prepare', '--reason', 'x', '--model', 'a', '--multiply=-1'], '--multiply must'],
    [['prepare', '--reason', 'x', '--model', 'a', '--amount', '1e3'], '--amount must be'],
    [['prepare', '--reason', 'x', '--account', 'alice', '--reverse'], 'The account'],
    [['prepare', '--reason', 'x', '--from', '2026-04-20', '--reverse'], '--from must'],
    [['prepare', '--reason', 'x', '--model', 'unheard-of', '--reverse'], 'no spend that fits'],
    [['prepare', '--reason', '', '--model', 'gpt-5', '--reverse'], '--reason must not be empty'],
    [['commit'], 'Say which batch'],
    [['commit', 'no-such'], 'There is no batch'],
    [['drop', '00000000-0000-4000-8000-000000000000'], 'There is no batch'],
    [['undo'], 'There is no "undo"'],
  ])('refuse %j', async (args, sentence) => {
    const before = await batches();
    expect(await refusal(...args)).toContain(sentence);
    expect(await batches()).toBe(before);
  });

  it.each<[string, string | Buffer, string]>([
    [
      'a decimal comma',
      'Source;ID;Kind;Amount\r\ntest-gateway;call-1;amend;12,50\r\n',
      'line 2: amount must be written with a decimal point',
    ],
    [
      'thousands and a decimal comma',
      'source;id;kind;amount\ntest-gateway;call-1;amend;1.012,50\n',
      'line 2: amount must be written with a decimal point',
    ],
    ['other columns', 'source|id|kind|amount\n', 'line 1: the columns must be source, id'],
    ['columns of other files', 'id,source,kind,amount\n', 'line 1: the columns must be'],
    ['no columns', '', 'line 1: the columns must be'],
    ['a line for Excel', 'sep=;\r\nsource;id;kind;amount\r\n', 'line 1: remove this line'],
    [
      'UTF-16',
      Buffer.from('\ufeffsource\tid\tkind\tamount\n', 'utf16le'),
      'line 1: the file is in UTF-16',
    ],
    [
      'another encoding',
      Buffer.from('source,id,kind,amount\ntest-gateway,caf\u00e9,reverse,\n', 'latin1'),
      'line 2: id is not in UTF-8',
    ],
    [
      'two delimiters',
      'source;id;kind;amount\ntest-gateway;call-1;reverse;\ntest-gateway,call-1,reverse,\n',
      'line 3: ',
    ],
  ])('are refused with %s', async (_, content, sentence) => {
    const before = await batches();
    const file = join(folder, 'foreign.csv');
    writeFileSync(file, content);
    expect(await refusal('prepare', '--reason', 'x', '--csv', file)).toContain(sentence);
    expect(await batches()).toBe(before);
  });

  it.each([
    [
      'semicolons and capitals',
      '\ufeffSource;ID;Kind;Amount\r\ntest-gateway;call-1;Amend;12.5\r\n',
    ],
    ['tabs', 'source\tid\tkind\tamount\ntest-gateway\tcall-1\tamend\t12.50\n'],
    ['quotes', '"source";"id";"kind";"amount"\n"test-gateway";"call-1";"AMEND";"12.50"\n'],
  ])('are prepared out of a file with %s', async (_, content) => {
    const file = join(folder, 'foreign.csv');
    writeFileSync(file, content);
    const args = ['corrections', 'prepare', '--reason', 'x', '--csv', file, '--json'];
    const { out, refusal } = await runCommand(db, args);
    expect(refusal).toBeUndefined();
    const change = { before: '100.00', after: '12.50' };
    expect(JSON.parse(out).differences).toMatchObject([
      { account: 'person:alice', ...change },
      { account: 'ledger', ...change },
      { account: 'user:alice', ...change },
    ]);
  });

  it('are refused where the file is not there', async () => {
    const file = join(folder, 'none.csv');
    expect(await refusal('prepare', '--reason', 'x', '--csv', file)).toMatch(
      /^The file .*none\.csv cannot be read: ENOENT/,
    );
  });

  it('are counted as one where there is one', async () => {
    const given = ['--model', 'gpt-5', '--reverse', '--reason', 'x'];
    const { out } = await runCommand(db, ['corrections', 'prepare', ...given]);
    expect(out).toMatch(/^Batch \S+, prepared: 1 spend, "x"\n/);
  });

  it('are not committed again where a restored database has their batch as prepared', async () => {
    const given = ['--model', 'gpt-5', '--reverse', '--reason', 'x', '--json'];
    const { out } = await runCommand(db, ['corrections', 'prepare', ...given]);
    const { batchId } = JSON.parse(out) as { batchId: string };
    const commit = ['corrections', 'commit', batchId];
    // Nothing projects here: it does not wait for the balances.
    expect(await runCommand(db, commit, { stopped: AbortSignal.abort() })).toMatchObject({
      status: 0,
    });
    await sql`
      update correction_batch set state = 'prepared', ended_by = null, ended_at = null
      where batch_id = ${batchId}`.execute(db.database.kysely);
    expect(await refusal('commit', batchId)).toMatch(/are on record already\. .* Drop it\.$/);
    expect((await runCommand(db, ['corrections', 'drop', batchId])).status).toBe(0);
  });

  /** The sentence with which a command is refused. */
  async function refusal(...args: string[]): Promise<string> {
    const run = await runCommand(db, ['corrections', ...args]);
    expect(run).toMatchObject({ status: 2, out: '' });
    return run.refusal!;
  }

  function csv(...lines: string[]): string {
    const file = join(folder, 'corrections.csv');
    writeFileSync(file, ['source,id,kind,amount', ...lines, ''].join('\n'));
    return file;
  }

  /** As many spends of one key as the projection has them, without their log. */
  async function recordMany(count: number): Promise<void> {
    const { kysely } = db.database;
    const key = sql`encode(substr(sha256(convert_to('many', 'UTF8') || '\\x00'::bytea || convert_to(n::text, 'UTF8')), 1, 16), 'hex')::uuid`;
    await sql`
      insert into event_claim (event_key, content_hash, partition)
      select ${key}, '', 0 from generate_series(1, ${count}::int) n`.execute(kysely);
    await sql`
      insert into spend_event (partition, log_offset, event_key, source, event_id, time, recorded_at, known_at,
        caller, content_hash, scope_type, key_id, amount, basis, extensions)
      select 0, n, ${key}, 'many', n::text, now(), now(), now(), 'test', '', 'key', 'k', 1, 'exact', '{}'
      from generate_series(1, ${count}::int) n`.execute(kysely);
  }

  async function batches(): Promise<number> {
    const rows = await db.database.kysely.selectFrom('correction_batch').select('state').execute();
    return rows.length;
  }
});
