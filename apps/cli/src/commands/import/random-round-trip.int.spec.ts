import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { formatMoney, instantOf } from '#libs/ledger';
import type { NewRecord } from '#libs/spend-log';
import {
  adjustmentRecord,
  createTestDatabase,
  histories,
  openTestLog,
  propertyOptions,
  recordsOfEvents,
  TEST_PARTITIONS,
} from '#libs/testing';
import { ledgerOfPartitions, projectAll, runCommand } from '../ledger-commands.fixture';
import { contentsOf, faultsOf, knownTimesOf } from './same-ledgers.fixture';

const RECORDED_AT = instantOf('2026-04-27T10:00:00Z');

/** Of which event, to what (none: it is reversed), and how late it was recorded. */
const corrections = fc.array(
  fc.record({
    of: fc.nat(),
    stated: fc.option(fc.bigInt({ min: 0n, max: 10n ** 15n }).map(formatMoney), { nil: undefined }),
    recordedAt: fc.bigInt({ min: 0n, max: 6n }).map((micros) => RECORDED_AT + micros),
  }),
  { maxLength: 8 },
);

describe('a ledger of any history', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'histories-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  // Hypothesis: some event, correction, duplicate or order of them comes out of an export as something else.
  it('comes to the same after an export and an import', async () => {
    const carried = async (
      history: Parameters<typeof recordsOfEvents>[0],
      corrected: NewCorrections,
      partitions: number,
    ) => {
      const one = await createTestDatabase();
      const other = await ledgerOfPartitions(partitions);
      try {
        const log = logOf(history, corrected);
        if (log.length > 0) await openTestLog(one.database).append(log);
        await projectAll({ ...one, restoreClaims: true });
        const file = join(folder, `${Math.random()}.ndjson`);
        const [exported, imported] = [
          await runCommand(one, ['export', '--out', file]),
          await runCommand(other, ['import', file]),
        ];
        expect([exported.refusal, imported.refusal]).toEqual([undefined, undefined]);
        await projectAll(other);
        expect(await contentsOf(other.database)).toEqual(await contentsOf(one.database));
        expect(await faultsOf(other.database)).toEqual([]);
        if (partitions === TEST_PARTITIONS) {
          expect(await knownTimesOf(other.database)).toEqual(await knownTimesOf(one.database));
        }
      } finally {
        await one.drop();
        await other.drop();
      }
    };
    const partitions = fc.constantFrom(TEST_PARTITIONS, 1, 3);
    const property = fc.asyncProperty(histories, corrections, partitions, carried);
    await fc.assert(property, propertyOptions(10));
  });
});

type NewCorrections = typeof corrections extends fc.Arbitrary<infer T> ? T : never;

/** The log of a history, and after it corrections of what is in it, each twice. */
function logOf(
  history: Parameters<typeof recordsOfEvents>[0],
  corrected: NewCorrections,
): NewRecord[] {
  const records = recordsOfEvents(history);
  const told = [...new Set(history.log)].map((n) => records[n]!);
  if (told.length === 0) return [];
  const all = corrected.map(({ of, stated, recordedAt }) =>
    adjustmentRecord(told[of % told.length]!, stated ?? 'reverse', { recordedAt }),
  );
  return [...history.log.map((n) => records[n]!), ...all, ...all];
}
