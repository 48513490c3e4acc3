import { planBatch, type PlanRules } from '#libs/projection';
import type { NewRecord } from '#libs/spend-log';
import { EXPORT_TYPES, type ExportLine, type RecordBytes } from '#libs/wire';

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
