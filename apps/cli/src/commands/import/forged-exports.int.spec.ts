import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase, openTestLog, type TestDatabase } from '#libs/testing';
import { projectAll, runCommand } from '../ledger-commands.fixture';
import {
  closeApril,
  exportedLines,
  forgedLine,
  forgeableRecords,
  isUntouched,
  leavesOf,
  LINES,
  rehashed,
  sealed,
  valueAt,
  type Json,
  type Kind,
} from './forged-export.fixture';

const SECRET = `sk-${'a'.repeat(24)}`;

/** What becomes of a member. `undefined`: nothing, it is of another kind. */
const FORGERIES: Readonly<Record<string, (value: unknown) => { value?: unknown } | undefined>> = {
  'a secret': (value) => (typeof value === 'string' ? { value: SECRET } : undefined),
  'an escape sequence': (value) =>
    typeof value === 'string' ? { value: `${value}\u001b[2J` } : undefined,
  'half a surrogate': (value) =>
    typeof value === 'string' ? { value: `${value}\ud800` } : undefined,
  'another type': (value) => ({ value: typeof value === 'string' ? [value] : 'x' }),
  'more than it has room for': (value) =>
    typeof value === 'string' ? { value: value + 'x'.repeat(100_000) } : undefined,
  nothing: () => ({}),
};

/** What an export may have otherwise and be an export: doors take these, or do without them. */
const ALLOWED: readonly (readonly [kinds: RegExp, forgery: RegExp, path: RegExp])[] = [
  // Bytes that nobody could read are kept as they are.
  [/aside/, /secret|escape|more/, /^data\.(reason|headers\.|value)/],
  [/aside/, /nothing/, /^data\.headers\./],
  [/spend/, /escape|nothing|another/, /^data\.metadata\./],
  [/spend/, /nothing/, /^(traceparent|data\.(requestId|model|currency|basis|scope\.keyId))$/],
  [/settle/, /nothing/, /^data\.(currency|basis|scope\.keyId|scope\.userId)$/],
  [/./, /nothing/, /^datacontenttype$/],
  [/budget/, /nothing/, /^data\.(enforce|outage|warnAt.*)$/],
];

describe('a forged export', () => {
  let folder: string;
  let one: TestDatabase;
  let other: TestDatabase;
  let lines: string[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'forged-'));
    one = await createTestDatabase();
    other = await createTestDatabase();
    await openTestLog(one.database).append(forgeableRecords());
    await projectAll({ ...one, restoreClaims: true });
    await closeApril(one);
    lines = await exportedLines(one, join(folder, 'good.ndjson'));
  });
  afterAll(async () => {
    await one.drop();
    await other.drop();
    await rm(folder, { recursive: true });
  });

  const indexOf = (kind: Kind) => lines.findIndex((line) => line.includes(LINES[kind]));

  async function refusalOf(forged: readonly string[]): Promise<string | undefined> {
    const file = join(folder, 'forged.ndjson');
    await writeFile(file, sealed(forged));
    const { refusal } = await runCommand(other, ['import', file]);
    return refusal;
  }

  /** With one line changed. */
  function changed(kind: Kind, change: (line: Json) => Json): string[] {
    const at = indexOf(kind);
    const line = change(JSON.parse(lines[at]!) as Json);
    return lines.with(at, JSON.stringify(line));
  }

  it('is made of an export that has every type of line', () => {
    expect(
      Object.keys(LINES)
        .map((kind) => indexOf(kind as Kind))
        .sort(),
    ).toEqual(lines.map((_, n) => n));
  });

  // Hypothesis: there is a member of some line that the first reading does not look at.
  describe.each(Object.keys(FORGERIES))('with %s', (forgery) => {
    const kinds = Object.keys(LINES).filter((kind) => kind !== 'end') as Kind[];
    it.each(kinds)(
      'in whichever member of its %s line is refused, and changes nothing',
      async (kind) => {
        const line = JSON.parse(lines[indexOf(kind)]!) as Json;
        const passed: string[] = [];
        for (const path of leavesOf(line)) {
          const name = path.join('.');
          const forged = FORGERIES[forgery]!(valueAt(line, path));
          if (!forged || isAllowed(kind, forgery, name)) continue;
          const refusal = await refusalOf(
            changed(kind, (whole) => forgedLine(whole, path, forged)),
          );
          const names = new RegExp(
            kind === 'head'
              ? '^(Line 1\\b|The (file|export) is )'
              : `^Line ${indexOf(kind) + 1}(:| is| stands| was)`,
          );
          // One that is imported leaves no room for the next.
          if (refusal === undefined) throw new Error(`${name} with ${forgery} was imported`);
          if (!names.test(refusal) || !/Nothing was done\.$/.test(refusal)) {
            passed.push(`${name}: ${refusal}`);
          } else if (refusal.includes(SECRET)) passed.push(`${name} is echoed`);
        }
        expect(passed).toEqual([]);
        expect(await isUntouched(other)).toBe(true);
      },
    );
  });

  it.each<[string, Kind, Json, RegExp]>([
    [
      'a record of the year 2999',
      'spend',
      { recordedat: '2999-01-01T00:00:00Z' },
      /recordedat is after/,
    ],
    ['a knowledge of 2999', 'spend', { knownat: '2999-01-01T00:00:00Z' }, /knownat is after/],
    ['a spend of 2999', 'spend', { time: '2999-01-01T00:00:00Z' }, /time is after/],
    ['a correction of 2999', 'correction', { time: '2999-01-01T00:00:00Z' }, /time is after/],
    [
      'a knowledge before the record',
      'spend',
      { knownat: '2020-01-01T00:00:00Z' },
      /knownat is before/,
    ],
    ['a source of holds', 'spend', { source: 'ledger/holds' }, /source begins with ledger\//],
    ['a source of budgets', 'spend', { source: 'ledger/budgets' }, /source begins with ledger\//],
    ['a source of the ledger', 'spend', { source: 'ledger/x' }, /source begins with ledger\//],
    ['a source of corrections', 'correction', { source: 'ledger/corrections' }, /source begins/],
    ['another hold', 'settle', { id: 'another' }, /source begins with ledger\//],
    [
      'a hold that was not settled',
      'settle',
      { holdoutcome: 'ended' },
      /source begins with ledger\//,
    ],
    ['a batch of no name', 'bulk', { id: 'batch/1' }, /source begins with ledger\//],
    ['a batch of another time', 'bulk', { time: '2026-04-27T09:00:00Z' }, /source begins with/],
    [
      'a correction that settles',
      'correction',
      { holdoutcome: 'settled' },
      /holdoutcome must be absent/,
    ],
    ['a budget of another time', 'budget', { time: '2026-04-27T09:00:00Z' }, /time must be that/],
    [
      'a budget that is traced',
      'budget',
      { traceparent: '00-1' },
      /traceparent a budget or a price does not have it/,
    ],
    ['another version of CloudEvents', 'spend', { specversion: '0.3' }, /specversion must be/],
    ['another media type', 'spend', { datacontenttype: 'text/plain' }, /datacontenttype must be/],
    ['an extension in capitals', 'spend', { Evil: 'x' }, /Evil is not a CloudEvents attribute/],
    ['extensions without end', 'spend', { x: 'x'.repeat(90_000) }, /is larger than any door takes/],
    ['a foreign partition', 'spend', { position: '0:1' }, /is not in the partition of its owner/],
    ['a stranger beside what stands aside', 'aside', { x: 'x' }, /x a record that stands aside/],
  ])('with %s is refused', async (_, kind, members, sentence) => {
    const line = new RegExp(
      `^Line ${indexOf(kind) + 1}\\b.*${sentence.source}.*Nothing was done\\.$`,
    );
    expect(await refusalOf(changed(kind, (whole) => rehashed({ ...whole, ...members })))).toMatch(
      line,
    );
    expect(await isUntouched(other)).toBe(true);
  });

  it('made in the future is refused', async () => {
    const at = '2999-01-01T00:00:00Z';
    const later = changed('head', (head) => ({ ...head, time: at }));
    expect(await refusalOf(later)).toMatch(/^Line 1: time is 2999.*this ledger's clock says/);
  });

  it.each<[string, (line: (kind: Kind) => Json) => [Kind, Json], RegExp]>([
    [
      'a correction of a spend that is not there',
      (line) => [
        'correction',
        {
          ...line('correction'),
          data: {
            ...(line('correction')['data'] as Json),
            adjusts: { source: 'gateway', id: 'none' },
          },
        },
      ],
      /data\.adjusts is of no spend that stands before it/,
    ],
    [
      'a correction of a correction',
      (line) => [
        'bulk',
        {
          ...line('bulk'),
          data: {
            ...(line('bulk')['data'] as Json),
            adjusts: { source: 'test-finance', id: 'fix-1' },
          },
        },
      ],
      /data\.adjusts is of no spend that stands before it/,
    ],
    [
      'two contents under one id',
      (line) => ['settle', { ...line('settle'), id: 'call-1', source: 'gateway' }],
      /id is that of line \d, which has the same source/,
    ],
  ])('with %s is refused before anything is done', async (_, forge, sentence) => {
    const [kind, forged] = forge((of) => JSON.parse(lines[indexOf(of)]!) as Json);
    const refusal = await refusalOf(changed(kind, () => rehashed(forged)));
    expect(refusal).toMatch(new RegExp(`^Line \\d: ${sentence.source}.*Nothing was done\\.$`));
    expect(await isUntouched(other)).toBe(true);
  });

  it('without the spend of a correction is refused, and leaves the ledger open for the true one', async () => {
    const refusal = await refusalOf(lines.toSpliced(indexOf('spend'), 1));
    expect(refusal).toMatch(/^Line \d: data\.adjusts is of no spend.*Nothing was done\.$/);
    expect(await isUntouched(other)).toBe(true);
    const fresh = await createTestDatabase();
    try {
      const file = join(folder, 'good.ndjson');
      expect(await runCommand(fresh, ['import', file])).toMatchObject({ status: 0 });
    } finally {
      await fresh.drop();
    }
  });
});

function isAllowed(kind: string, forgery: string, name: string): boolean {
  return ALLOWED.some(
    ([kinds, forgeries, paths]) => kinds.test(kind) && forgeries.test(forgery) && paths.test(name),
  );
}
