import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import type { EntryRow } from '#libs/balances';
import { readExport } from '#libs/audit';
import { formatMoney, instantOf, picoOfDecimal, type Scope } from '#libs/ledger';
import {
  adjustmentRecord,
  budgetRecord,
  createTestDatabase,
  openTestLog,
  spendRecord,
  type TestDatabase,
} from '#libs/testing';
import { textOfCell } from '../../print/csv';
import { parseCsv } from '../../print/parse-csv.fixture';
import { projectAll, runCommand } from '../ledger-commands.fixture';
import { checkExport } from '../../export-file/check-export';

const ALICE: Scope = { type: 'user', userId: 'alice', keyId: 'k' };
const IN_TEAM: Scope = { type: 'team', teamId: 'ml', userId: 'alice', keyId: 'k' };
const KEY: Scope = { type: 'key', keyId: 'k' };
const at = (minute: number) => instantOf('2026-04-27T10:00:00Z') + BigInt(minute) * 60_000_000n;

describe('an export', () => {
  let db: TestDatabase;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'exports-'));
  });
  beforeEach(async () => {
    db = await createTestDatabase();
    const paid = spendRecord(ALICE, '2.00', { id: 'paid', time: at(1), model: '=cmd|calc' });
    await openTestLog(db.database).append([
      paid,
      spendRecord(IN_TEAM, undefined, { id: 'of-team', time: at(2), metadata: { a: '1,"2"' } }),
      spendRecord(KEY, '0.125', { id: '+of-key', time: at(3) }),
      adjustmentRecord(paid, '0.50', { id: "'amended", reason: '@finance, "late"' }),
      adjustmentRecord(paid, 'reverse', { id: 'reversed', recordedAt: at(9) }),
      budgetRecord('b', 1, { account: 'user:alice' }),
      { ...spendRecord(ALICE, '1'), value: Buffer.from('?') },
    ]);
    await projectAll(db);
  });
  afterEach(() => db.drop());
  afterAll(() => rm(folder, { recursive: true }));

  const linesOf = (out: string) =>
    out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { id: string; type: string; data: object });
  const idsOf = async (...options: string[]) => {
    const { status, out } = await runCommand(db, ['export', ...options]);
    expect(status).toBe(0);
    return linesOf(out)
      .slice(1, -1)
      .map(({ id }) => id);
  };

  it.each<[string[], string[]]>([
    [
      ['--account', 'user:alice'],
      ['paid', "'amended", 'reversed'],
    ],
    [
      ['--account', 'key:k'],
      ["'amended", '+of-key', 'of-team', 'paid', 'reversed'],
    ],
    [['--account', 'member:ml/alice'], ['of-team']],
    [
      ['--owner', 'user:alice'],
      ['paid', "'amended", 'reversed'],
    ],
    [['--owner', 'team:ml'], ['of-team']],
    [['--owner', 'key:k'], ['+of-key']],
    [['--from', '2026-04-27T10:02:00Z', '--to', '2026-04-27T12:03:00+02:00'], ['of-team']],
    [['--account', 'user:alice', '--to', '2026-04-27T10:01:00Z'], []],
    [['--account', 'user:nobody'], []],
  ])('of %j has %j', async (options, ids) => {
    expect((await idsOf(...options)).sort()).toEqual([...ids].sort());
  });

  it('of a part says which, and has no budgets and nothing that was set aside', async () => {
    const { out } = await runCommand(db, ['export', '--account', 'user:alice']);
    const [head, ...rest] = linesOf(out);
    expect(head!.data).toMatchObject({ filter: { account: 'user:alice' } });
    expect(new Set(rest.map(({ type }) => type))).toEqual(
      new Set([
        'spendledger.spend.recorded.v1',
        'spendledger.spend.adjusted.v1',
        'spendledger.export.ended.v1',
      ]),
    );
  });

  it.each<[string[], RegExp]>([
    [['--account', 'alice'], /^The account must be/],
    [['--owner', 'member:ml/alice'], /^--owner must be a team, a user or a key/],
    [['--account', 'user:a', '--owner', 'user:a'], /not both/],
    [['--from', '2026-04-27T10:00:00'], /^--from must say its offset/],
    [['--from', '2026-04-28T10:00:00Z', '--to', '2026-04-27T10:00:00Z'], /--to must not be before/],
    [['--format', 'xml'], /^--format must be ndjson or csv/],
    [['--acount', 'user:a'], /Unknown option/],
    [['extra'], /^Usage: npm run ledger -- export/],
  ])('is refused with %j', async (options, sentence) => {
    const { status, out, refusal } = await runCommand(db, ['export', ...options]);
    expect([status, out]).toEqual([2, '']);
    expect(refusal).toMatch(sentence);
  });

  it('shows one moment, whatever is written meanwhile', async () => {
    const more = async (n: number) => {
      await openTestLog(db.database).append([spendRecord(ALICE, '1.00', { id: `later-${n}` })]);
      await projectAll(db);
    };
    const written: string[] = [];
    let chunks = 0;
    // The reader of the lines is slow, and the ledger is written to at each of them.
    const out = new Writable({
      highWaterMark: 1,
      write: (chunk: Buffer, _, done) => {
        written.push(chunk.toString());
        void more(chunks++).then(() => done());
      },
    });
    expect(await runCommand(db, ['export'], { out })).toMatchObject({ status: 0 });
    expect(chunks).toBeGreaterThan(2);
    expect(written.join('')).not.toContain('later-');
    const file = join(folder, 'moment.ndjson');
    await writeFile(file, written.join(''));
    expect(await checkExport(file, { ...db, currency: 'USD' })).toMatchObject({ lines: 7 });
    expect(await idsOf()).toContain('later-0');
  });

  it('holds no more rows than it may, however slow they are taken', async () => {
    const spends = Array.from({ length: 600 }, (_, n) =>
      spendRecord({ type: 'user', userId: `user-${n % 30}` }, '1.00'),
    );
    await openTestLog(db.database).append(spends);
    await projectAll(db);
    const sizes: number[] = [];
    const rows: EntryRow[] = [];
    await readExport(
      db.database,
      {},
      {
        begin: () => Promise.resolve(),
        quarantined: () => Promise.resolve(),
        facts: async (facts) => {
          await new Promise(setImmediate);
          sizes.push(facts.length);
          rows.push(...facts.flatMap((fact) => (fact.kind === 'entry' ? [fact.row] : [])));
        },
      },
      { rows: 135, leastPage: 2 },
    );
    expect(rows).toHaveLength(605);
    expect(new Set(rows.map(({ event_key: key }) => key)).size).toBe(605);
    expect(Math.max(...sizes)).toBe(5);
  });

  it('as CSV can be read back by the book', async () => {
    const { out } = await runCommand(db, ['export', '--format', 'csv']);
    const [header, ...table] = parseCsv(out);
    const read = table.map((row) =>
      Object.fromEntries(row.map((cell, n) => [header![n]!, textOfCell(cell)])),
    );
    const rows = await db.database.kysely
      .selectFrom('spend_event')
      .selectAll()
      .orderBy('known_at')
      .orderBy('partition')
      .execute();
    expect(read).toHaveLength(5);
    expect(table.map((row) => row.length)).toEqual(read.map(() => header!.length));
    expect(
      read.map(({ id, amount, model, time, knownAt }) => [id, amount, model, time, knownAt]),
    ).toEqual(
      rows.map((row) => [
        row.event_id,
        row.amount === null ? '' : formatMoney(picoOfDecimal(row.amount)),
        row.model ?? '',
        row.time,
        row.known_at,
      ]),
    );
    expect(read.find(({ entry }) => entry === 'amend')).toMatchObject({
      id: "'amended",
      amount: '-1.50',
      stated: '0.50',
      reason: '@finance, "late"',
      adjustsSource: 'test-gateway',
      adjustsId: 'paid',
      scope: 'user',
      user: 'alice',
    });
    expect(read.find(({ id }) => id === 'of-team')!['metadata']).toBe('{"a": "1,\\"2\\""}');
    // No cell is a formula to a spreadsheet, but a plain number that is below zero.
    expect(
      parseCsv(out)
        .flat()
        .filter((cell) => /^[=+@\t\r]|^-(?!\d+(\.\d+)?$)/.test(cell)),
    ).toEqual([]);
  });

  it('to a file is there when it is whole, and takes no place of another', async () => {
    const file = join(folder, 'whole.ndjson');
    const stopping = new AbortController();
    stopping.abort();
    const args = ['export', '--out', file];
    const stopped = await runCommand(db, args, { stopped: stopping.signal });
    expect(stopped.refusal).toMatch(/^Interrupted/);
    expect((await readdir(folder)).filter((name) => name.startsWith('whole'))).toEqual([]);
    expect(await runCommand(db, args)).toMatchObject({ status: 0, out: '' });
    expect(await checkExport(file, { ...db, currency: 'USD' })).toMatchObject({ lines: 7 });
    expect((await runCommand(db, args)).refusal).toMatch(/^There is a file/);
    expect(await readFile(file, 'utf8')).toMatch(/"spendledger.export.ended.v1".*\n$/);
    expect((await runCommand(db, ['export', '--out', join(folder, 'no/such')])).refusal).toMatch(
      /cannot be written/,
    );
  });
});
