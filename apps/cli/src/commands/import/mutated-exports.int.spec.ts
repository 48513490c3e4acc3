import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import {
  characters,
  createTestDatabase,
  openTestLog,
  propertyOptions,
  type TestDatabase,
} from '#libs/testing';
import { projectAll, runCommand } from '../ledger-commands.fixture';
import {
  closeApril,
  exportedLines,
  forgeableRecords,
  isUntouched,
  rehashed,
  sealed,
  type Json,
} from './forged-export.fixture';
import { contentsOf, faultsOf } from './same-ledgers.fixture';

type Change = (line: Json, from: Json) => Json;

const HOSTILE = fc.oneof(
  fc.jsonValue(),
  fc.string({ unit: characters, maxLength: 30 }),
  fc.constantFrom(
    '\u001b[0m',
    '2999-01-01T00:00:00Z',
    'ledger/holds',
    `sk-${'b'.repeat(20)}`,
    '-1',
  ),
);

/** A member of a line, or of its data, becomes something else, goes, is added or comes from another line. */
const changes: fc.Arbitrary<Change> = fc
  .record({
    isOfData: fc.boolean(),
    at: fc.nat(),
    name: fc.string({ maxLength: 6 }),
    value: HOSTILE,
    how: fc.nat({ max: 3 }),
  })
  .map(({ isOfData, at, name, value, how }) => (line, from) => {
    const isOf = (whole: Json) => (isOfData ? (whole['data'] as Json) : whole);
    const changed = structuredClone(line);
    const members = isOf(changed);
    const names = Object.keys(members);
    const known = names[at % names.length]!;
    if (how === 0) members[known] = value;
    else if (how === 1) delete members[known];
    else if (how === 2) members[name] = value;
    else members[known] = isOf(from)[known];
    return changed;
  });

describe('an export that is changed at random', () => {
  let folder: string;
  let one: TestDatabase;
  let other: TestDatabase;
  let lines: string[];
  let file: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mutated-'));
    file = join(folder, 'mutated.ndjson');
    one = await createTestDatabase();
    await openTestLog(one.database).append(forgeableRecords());
    await projectAll({ ...one, restoreClaims: true });
    await closeApril(one);
    lines = await exportedLines(one, join(folder, 'good.ndjson'));
  });
  beforeEach(async () => {
    other = await createTestDatabase();
  });
  afterEach(() => other.drop());
  afterAll(async () => {
    await one.drop();
    await rm(folder, { recursive: true });
  });

  // Hypothesis: some bytes can be other ones, and the file still passes for what it was.
  it('in its bytes is refused, and changes nothing', async () => {
    const whole = Buffer.from(`${lines.join('\n')}\n`);
    const edits = fc.array(
      fc.record({ at: fc.nat({ max: whole.length - 1 }), byte: fc.nat({ max: 255 }) }),
      { minLength: 1, maxLength: 4 },
    );
    const property = fc.asyncProperty(edits, async (all) => {
      const changed = Buffer.from(whole);
      for (const { at, byte } of all) changed[at] = byte;
      fc.pre(!changed.equals(whole));
      await writeFile(file, changed);
      expect(await runCommand(other, ['import', file])).toMatchObject({
        status: 2,
        refusal: expect.stringMatching(/Nothing was done\.$/),
      });
      expect(await isUntouched(other)).toBe(true);
    });
    await fc.assert(property, propertyOptions(150));
  });

  // Hypothesis: some forged line is found only when others are on the log already, or makes a ledger that is wrong.
  it('in its lines, and sealed anew, is refused before anything is done, or is an export', async () => {
    const property = fc.asyncProperty(
      fc.nat({ max: lines.length - 2 }),
      fc.nat({ max: lines.length - 2 }),
      changes,
      fc.boolean(),
      async (at, from, change, isHashed) => {
        const read = (n: number) => JSON.parse(lines[n]!) as Json;
        const changed = change(read(at), read(from));
        const line = isHashed ? rehashed(changed) : changed;
        await writeFile(file, sealed(lines.with(at, JSON.stringify(line))));
        const { status, refusal } = await runCommand(other, ['import', file]);
        if (status === 2) {
          expect(refusal).toMatch(/Nothing was done\.$/);
          expect(await isUntouched(other)).toBe(true);
          return;
        }
        try {
          await projectAll(other);
          expect(await faultsOf(other.database)).toEqual([]);
          const contents = await contentsOf(other.database);
          expect(contents['entries']).toHaveLength(4);
          const asides = await other.database.kysely.selectFrom('quarantine').selectAll().execute();
          expect(asides).toHaveLength(1);
        } finally {
          await other.drop();
          other = await createTestDatabase();
        }
      },
    );
    await fc.assert(property, propertyOptions(150));
  });

  it('in its white space, and sealed anew, is the same', async () => {
    const spaced = lines.map((line) => line.replace(/^\{/, '{ ').replace(/\}$/, ' }'));
    await writeFile(file, sealed([lines[0]!, ...spaced.slice(1, -1), lines.at(-1)!]));
    expect(await runCommand(other, ['import', file])).toMatchObject({ status: 0 });
    await projectAll(other);
    expect(await contentsOf(other.database)).toEqual(await contentsOf(one.database));
  });
});
