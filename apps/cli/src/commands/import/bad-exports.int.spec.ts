import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Scope } from '#libs/ledger';
import {
  adjustmentRecord,
  budgetRecord,
  createTestDatabase,
  openTestLog,
  spendRecord,
  type TestDatabase,
} from '#libs/testing';
import { projectAll, runCommand } from '../ledger-commands.fixture';
import { sealed } from './forged-export.fixture';

const ALICE: Scope = { type: 'user', userId: 'alice' };
const LINES = 70_010;
const BAD_LINE = 70_001;

describe('a file that is no whole export', () => {
  let folder: string;
  let one: TestDatabase;
  let other: TestDatabase;
  let lines: string[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bad-exports-'));
    one = await createTestDatabase();
    other = await createTestDatabase();
    const spend = spendRecord(ALICE, '1.00', { id: 'first' });
    await openTestLog(one.database).append([
      spend,
      spendRecord({ type: 'team', teamId: 'ml' }, '1.00'),
      adjustmentRecord(spend, '0.50'),
      budgetRecord('b', 1, { account: 'user:alice' }),
      { ...spend, value: Buffer.from('{') },
    ]);
    await projectAll({ ...one, restoreClaims: true });
    const file = join(folder, 'good.ndjson');
    await runCommand(one, ['export', '--out', file]);
    lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
  });
  afterAll(async () => {
    await one.drop();
    await other.drop();
    await rm(folder, { recursive: true });
  });

  async function refusalOf(content: string | Buffer): Promise<string> {
    const file = join(folder, 'bad.ndjson');
    await writeFile(file, content);
    const { status, refusal } = await runCommand(other, ['import', file]);
    expect([status, await isUntouched()]).toEqual([2, true]);
    return refusal!;
  }

  async function isUntouched(): Promise<boolean> {
    const { kysely } = other.database;
    const claims = await kysely.selectFrom('event_claim').select('event_key').execute();
    const imports = await kysely.selectFrom('log_import').select('sha256').execute();
    return claims.length + imports.length === 0;
  }

  it('is the one that is told from a good one', () => {
    expect(lines).toHaveLength(7);
    expect(JSON.parse(lines[1]!)).toMatchObject({ type: 'spendledger.record.quarantined.v1' });
  });

  it('is refused wherever it was cut off', async () => {
    const whole = `${lines.join('\n')}\n`;
    for (let cut = 0; cut < whole.length - 2; cut += 97) {
      expect(await refusalOf(whole.slice(0, cut))).toMatch(
        /is empty|is not an export|is cut off|does not say so/,
      );
    }
  });

  it('is refused where a byte of it was changed, whichever', async () => {
    const whole = Buffer.from(`${lines.join('\n')}\n`);
    for (let at = 0; at < whole.length - 1; at += 53) {
      const changed = Buffer.from(whole);
      changed[at] = changed[at] === 0x31 ? 0x32 : 0x31;
      expect(await refusalOf(changed)).toMatch(/Nothing was done\.$/);
    }
  });

  it.each<[string, (all: string[]) => string[], RegExp]>([
    ['a line twice', (all) => all.toSpliced(3, 0, all[3]!), /^Line 5 stands there twice\./],
    ['a line less', (all) => all.toSpliced(2, 1), /has 4 lines .* which says that there are 5/],
    [
      'a correction before its spend',
      (all) => {
        const spend = all.findIndex((line) => line.includes('"id":"first"'));
        const correction = all.findIndex((line) => line.includes('spend.adjusted'));
        return all.with(spend, all[correction]!).with(correction, all[spend]!);
      },
      /^Line \d is not in the order of its partition/,
    ],
    [
      'what stands aside in the end',
      (all) => all.toSpliced(6, 0, all[1]!).toSpliced(1, 1),
      /^Line 6 stands aside/,
    ],
    ['something after its end', (all) => [...all, all[2]!], /^Line 8 stands after the last line/],
    ['another beginning', (all) => all.slice(1), /is not an export of a ledger/],
    ['no end', (all) => all.slice(0, -1), /^The export is cut off: its last line is missing/],
    [
      'an amount less',
      (all) => all.with(2, all[2]!.replace('1.00', '0.10')),
      /^Line 3: contenthash is not the hash/,
    ],
    [
      'a strange member',
      (all) => all.with(2, all[2]!.replace('"data":{', '"data":{"x":1,')),
      /^Line 3: data\.x /,
    ],
    ['no caller', (all) => all.with(2, all[2]!.replace('"caller":"test",', '')), /^Line 3: caller/],
    [
      'a type of nobody',
      (all) => all.with(2, all[2]!.replace('recorded.v1', 'recorded.v9')),
      /^Line 3: type/,
    ],
    [
      'a foreign partition',
      (all) => all.with(2, all[2]!.replace(/"position":"\d+:/, '"position":"99:')),
      /^Line 3 is of partition 99/,
    ],
    [
      'half a record',
      (all) => all.with(1, all[1]!.replace('"value":"', '"value":"?')),
      /^Line 2: data must have/,
    ],
  ])('is refused with %s', async (_what, change, sentence) => {
    expect(await refusalOf(`${change(lines).join('\n')}\n`)).toMatch(sentence);
  });

  it('is not helped by a last line that fits what was changed', async () => {
    const changed = lines.with(2, lines[2]!.replace('1.00', '0.10'));
    expect(await refusalOf(sealed(changed))).toMatch(/^Line 3: contenthash is not the hash/);
    const twice = lines.toSpliced(3, 0, lines[3]!);
    expect(await refusalOf(sealed(twice))).toMatch(/^Line 5 stands there twice/);
  });

  it('is refused for a bad line far down, before anything is done', async () => {
    const pattern = JSON.parse(lines[2]!) as { position: string; knownat: string };
    const [partition] = pattern.position.split(':');
    const many = Array.from({ length: LINES }, (_, n) => {
      const micros = String(n + 1).padStart(6, '0');
      const knownat = `2026-05-01T00:00:00.${micros}Z`;
      return JSON.stringify({ ...pattern, position: `${partition}:${n + 1}`, knownat });
    });
    const broken = many.with(BAD_LINE - 2, many[BAD_LINE - 2]!.slice(0, -2));
    const content = sealed([lines[0]!, ...broken, lines.at(-1)!]);
    expect(await refusalOf(content)).toMatch(
      new RegExp(`^Line ${BAD_LINE} is not JSON \\(at character \\d+\\)\\. Nothing was done\\.$`),
    );
  });

  it.each<[string[], RegExp]>([
    [['--account', 'user:alice'], /is of a part of a ledger \(account user:alice\)/],
    [['--owner', 'team:ml'], /is of a part of a ledger \(owner team:ml\)/],
    [['--from', '2026-01-01T00:00:00Z'], /is of a part of a ledger \(from 2026-01-01T00:00:00Z\)/],
    [['--format', 'csv'], /is not an export of a ledger/],
  ])('is refused where it is of %j', async (options, sentence) => {
    const { out } = await runCommand(one, ['export', ...options]);
    expect(await refusalOf(out)).toMatch(sentence);
  });

  it('is refused where it is not there', async () => {
    const { refusal } = await runCommand(other, ['import', join(folder, 'none.ndjson')]);
    expect(refusal).toMatch(/cannot be read/);
  });

  it('is not for a ledger of another currency, nor for one that is not empty', async () => {
    const file = join(folder, 'good.ndjson');
    const ofEuros = await runCommand({ ...other, currency: 'EUR' }, ['import', file]);
    expect(ofEuros.refusal).toMatch(/^The export is in USD, and this ledger in EUR/);
    const used = await createTestDatabase();
    try {
      await openTestLog(used.database).append([spendRecord(ALICE, '1.00')]);
      for (const project of [false, true]) {
        if (project) await projectAll(used);
        const { status, refusal } = await runCommand(used, ['import', file]);
        expect([status, refusal]).toEqual([2, expect.stringMatching(/^This ledger is not empty/)]);
      }
    } finally {
      await used.drop();
    }
  });
});
