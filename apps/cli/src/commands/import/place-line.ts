import { partitionOfBudget, partitionOfScope, type Instant } from '#libs/ledger';
import { planBatch, type PlanRules } from '#libs/projection';
import type { NewRecord } from '#libs/spend-log';
import {
  budgetRevisionId,
  eventKeyOf,
  EXPORT_TYPES,
  type ExportLine,
  type LedgerEvent,
  type RecordBytes,
} from '#libs/wire';

/** What an event is claimed under. */
export interface ImportedClaim {
  readonly eventKey: string;
  readonly contentHash: string;
  readonly partition: number;
  readonly recordedAt: Instant;
}

/** The name of an event. */
export function keyOf(event: LedgerEvent): string {
  switch (event.kind) {
    case 'spend_recorded':
      return eventKeyOf(event.spend);
    case 'spend_adjusted':
      return eventKeyOf(event.adjustment);
    case 'budget_set':
      return eventKeyOf(budgetRevisionId(event.budget.budgetId, event.revision));
    case 'budget_removed':
      return eventKeyOf(budgetRevisionId(event.budgetId, event.revision));
    case 'log_marked':
      throw new Error('an export has no marks');
  }
}

/** The partition of an event by its owner; of a correction that of its spend, which `spendAt` finds. */
export function homeOf(
  event: LedgerEvent,
  partitions: number,
  spendAt: (key: string) => number | undefined,
): number | undefined {
  switch (event.kind) {
    case 'spend_recorded':
      return partitionOfScope(event.spend.scope, partitions);
    case 'spend_adjusted':
      return spendAt(eventKeyOf(event.adjustment.adjusts));
    case 'budget_set':
      return partitionOfBudget(event.budget.budgetId, partitions);
    case 'budget_removed':
      return partitionOfBudget(event.budgetId, partitions);
    case 'log_marked':
      return undefined;
  }
}

/**
 * A record that stands aside, where it will again: in its partition or another in which it is not at home. One that would
 * not, as a correction whose spend may now be before it, is made one of no type that a ledger knows.
 */
export function placeQuarantined(
  { record, partition }: Pick<ExportLine, 'record' | 'partition'>,
  rules: PlanRules,
): NewRecord {
  const { partitions } = rules;
  for (let n = 0; n < Math.min(partitions, 2); n++) {
    const placed = { ...record, partition: (partition + n) % partitions };
    if (isSetAside(placed, rules)) return placed;
  }
  return { ...unreadable(record), partition: partition % partitions };
}

function isSetAside(record: NewRecord, rules: PlanRules): boolean {
  return planBatch([{ ...record, offset: 0n }], undefined, rules).quarantined.length > 0;
}

function unreadable({ headers, value }: RecordBytes): RecordBytes {
  const was = Object.entries(headers).map(([name, text]) => [`was-${name}`, text] as const);
  const type = { ce_type: EXPORT_TYPES.recordQuarantined, 'content-type': 'application/json' };
  return { headers: { ...Object.fromEntries(was), ...type }, value };
}
