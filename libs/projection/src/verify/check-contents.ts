import { sql } from 'kysely';
import { partitionOfScope } from '#libs/ledger';
import type { OneInstant } from '#libs/postgres';
import {
  adjustmentContentHash,
  eventKeyOf,
  spendContentHash,
  spendTextHash,
  storedScope,
} from '#libs/wire';
import type { PlanRules } from '../plan-batch';
import { readSpendLine, SPEND_LINES, type SpendLine } from './content-line';
import type { Findings } from './findings';
import type { LedgerDifference } from './ledger-difference';
import { nameChange } from './name-change';
import { rowsByCursor } from './rows-by-cursor';
import { adjustmentOfRow, ENTRY_CONTENT, spendOfRow, type ContentRow } from './stored-entry';

/** Each event says what its hash was made of, under the key of its name, in the partition of its owner. */
export async function checkContents(
  trx: OneInstant,
  findings: Findings,
  rules: PlanRules,
): Promise<void> {
  const judged = new Judged(findings.most, rules);
  for await (const lines of rowsByCursor<{ line: string }>(trx, SPEND_LINES)) {
    const suspects: SpendLine[] = [];
    for (const { line } of lines) {
      const read = readSpendLine(line, rules.currency);
      if (!isWhole(read, rules)) suspects.push(read);
    }
    if (suspects.length > 0) judged.look(await readAgain(trx, suspects));
  }
  const corrections = sql`${ENTRY_CONTENT} where event.adjustment is not null`;
  for await (const rows of rowsByCursor<ContentRow>(trx, corrections)) judged.look(rows);

  const changes: LedgerDifference[] = [];
  for (const row of judged.wrong)
    changes.push(await nameChange(trx, row, hashOf(row, rules.currency), rules));
  findings.add(changes, judged.found);
  findings.add(await asDoubles(trx, judged.keyed));
}

/** Nearly every spend is, and nothing else is read of it. What is not is read again, column by column, and judged. */
function isWhole({ partition, eventKey, spend }: SpendLine, rules: PlanRules): boolean {
  return (
    spend !== undefined &&
    spendTextHash(spend) === spend.contentHash &&
    eventKeyOf(spend) === eventKey &&
    partitionOfScope(spend.scope, rules.partitions) === partition
  );
}

async function readAgain(
  trx: OneInstant,
  lines: readonly SpendLine[],
): Promise<readonly ContentRow[]> {
  const { rows } = await sql<ContentRow>`
    ${ENTRY_CONTENT}
    where (event.partition, event.event_key) in (
      select * from unnest(
        ${lines.map(({ partition }) => partition)}::int[],
        ${lines.map(({ eventKey }) => eventKey)}::uuid[]))`.execute(trx);
  return rows;
}

/** What is wrong with the rows that it has looked at. */
class Judged {
  readonly wrong: ContentRow[] = [];
  found = 0;
  readonly keyed: LedgerDifference[] = [];

  constructor(
    private readonly most: number,
    private readonly rules: PlanRules,
  ) {}

  look(rows: readonly ContentRow[]): void {
    const { most, rules } = this;
    for (const row of rows) {
      const key = eventKeyOf({ source: row.source, id: row.event_id });
      if (key !== row.event_key && this.keyed.length < most) this.keyed.push(wrongKey(row, key));
      const isWhole =
        hashOf(row, rules.currency) === row.content_hash &&
        partitionOfScope(storedScope(row), rules.partitions) === row.partition;
      if (isWhole) continue;
      this.found += 1;
      if (this.wrong.length < most) this.wrong.push(row);
    }
  }
}

/** `undefined`: a correction without its spend cannot be read. */
function hashOf(row: ContentRow, currency: string): string | undefined {
  if (row.adjustment === null) return spendContentHash(spendOfRow(row, currency));
  const adjustment = adjustmentOfRow(row);
  return adjustment && adjustmentContentHash(adjustment);
}

function wrongKey({ partition, source, event_id: id, event_key }: ContentRow, key: string) {
  return {
    kind: 'wrong_event_key' as const,
    partition,
    source,
    id,
    stored: event_key,
    expected: key,
  };
}

/** An event that is there under its own key, too, stands there twice. */
async function asDoubles(
  trx: OneInstant,
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
