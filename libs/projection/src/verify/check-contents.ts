import { sql } from 'kysely';
import { partitionOfScope } from '#libs/ledger';
import { adjustmentContentHash, eventKeyOf, spendContentHash, storedScope } from '#libs/wire';
import type { PlanRules } from '../plan-batch';
import type { Findings } from './findings';
import type { LedgerDifference } from './ledger-difference';
import { nameChange } from './name-change';
import { rowsByCursor } from './rows-by-cursor';
import type { Snapshot } from './snapshot';
import { adjustmentOfRow, ENTRY_CONTENT, spendOfRow, type EntryRow } from './stored-entry';

/** Each event says what its hash was made of, under the key of its name, in the partition of its owner. */
export async function checkContents(
  trx: Snapshot,
  findings: Findings,
  rules: PlanRules,
): Promise<void> {
  const wrong: EntryRow[] = [];
  let found = 0;
  const keyed: LedgerDifference[] = [];
  for await (const rows of rowsByCursor<EntryRow>(trx, ENTRY_CONTENT)) {
    for (const row of rows) {
      const key = eventKeyOf({ source: row.source, id: row.event_id });
      if (key !== row.event_key && keyed.length < findings.most) keyed.push(wrongKey(row, key));
      const isWhole =
        hashOf(row, rules.currency) === row.content_hash &&
        partitionOfScope(storedScope(row), rules.partitions) === row.partition;
      if (isWhole) continue;
      found += 1;
      if (wrong.length < findings.most) wrong.push(row);
    }
  }
  const changes: LedgerDifference[] = [];
  for (const row of wrong)
    changes.push(await nameChange(trx, row, hashOf(row, rules.currency), rules));
  findings.add(changes, found);
  findings.add(await asDoubles(trx, keyed));
}

/** `undefined`: a correction without its spend cannot be read. */
function hashOf(row: EntryRow, currency: string): string | undefined {
  if (row.adjustment === null) return spendContentHash(spendOfRow(row, currency));
  const adjustment = adjustmentOfRow(row);
  return adjustment && adjustmentContentHash(adjustment);
}

function wrongKey({ partition, source, event_id: id, event_key }: EntryRow, key: string) {
  return {
    ...{ kind: 'wrong_event_key' as const, partition, source, id },
    ...{ stored: event_key, expected: key },
  };
}

/** An event that is there under its own key, too, stands there twice. */
async function asDoubles(
  trx: Snapshot,
  keyed: readonly LedgerDifference[],
): Promise<LedgerDifference[]> {
  const { rows } = await sql<{ event_key: string }>`
    select event_key from spend_event
    where event_key = any(${keyed.map(({ expected }) => expected)}::uuid[])`.execute(trx);
  const known = new Set(rows.map(({ event_key }) => event_key));
  return keyed.map((each) =>
    known.has(each.expected!) ? { ...each, kind: 'doubled_event' } : each,
  );
}
