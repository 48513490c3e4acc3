import { sql } from 'kysely';
import { formatMoney, partitionOfScope, printDecimal, type Scope } from '#libs/ledger';
import type { OneInstant } from '#libs/postgres';
import { readEvent, storedScope, type RecordBytes } from '#libs/wire';
import type { PlanRules } from '../plan-batch';
import type { LedgerDifference } from './ledger-difference';
import type { ContentRow } from './stored-entry';

/** What of an event was changed: as its record says, where the log is in the database, or by what gives it away. */
export async function nameChange(
  trx: OneInstant,
  row: ContentRow,
  hash: string | undefined,
  rules: PlanRules,
): Promise<LedgerDifference> {
  const { partition, source, event_id: id } = row;
  const about = { partition, source, id };
  const recorded = await readRecorded(trx, row, rules);
  const scope = storedScope(row);
  if (recorded && printScope(recorded.scope) !== printScope(scope)) {
    const expected = printScope(recorded.scope);
    return { kind: 'moved_scope', ...about, stored: printScope(scope), expected };
  }
  if (recorded && recorded.amount !== normal(row.amount)) {
    const stored = normal(row.amount);
    return { kind: 'changed_amount', ...about, stored, expected: recorded.amount };
  }
  const home = partitionOfScope(scope, rules.partitions);
  if (home !== partition) {
    const stored = `${printScope(scope)} in partition ${partition}`;
    return { kind: 'moved_scope', ...about, stored, expected: `partition ${home}` };
  }
  const stored = hash ?? null;
  return { kind: 'changed_event', ...about, field: 'content', stored, expected: row.content_hash };
}

interface Recorded {
  readonly scope: Scope;
  readonly amount: string | null;
}

/** `undefined`: the log is elsewhere, or has no such spend. */
async function readRecorded(
  trx: OneInstant,
  { partition, log_offset }: ContentRow,
  rules: PlanRules,
): Promise<Recorded | undefined> {
  const { rows } = await sql<RecordBytes>`
    select headers, value from log_record
    where partition = ${partition} and log_offset = ${log_offset}`.execute(trx);
  const event = rows[0] && readEvent(rows[0], rules);
  if (!event?.ok || event.value.kind !== 'spend_recorded') return undefined;
  const { scope, amountPico } = event.value.spend;
  return { scope, amount: amountPico === undefined ? null : formatMoney(amountPico) };
}

function normal(amount: string | null): string | null {
  return amount === null ? null : printDecimal(amount);
}

function printScope(scope: Scope): string {
  const ids = scope as { teamId?: string; userId?: string; keyId?: string };
  const { teamId, userId, keyId } = ids;
  return JSON.stringify({ type: scope.type, teamId, userId, keyId });
}
