import type { LogRecord } from '#libs/wire';

/**
 * Whether records follow on what was read: a ledger that skipped one would be wrong for ever, so the partition halts.
 * @returns the sentence that says what is wrong, or `undefined`
 */
export function discontinuity(
  partition: number,
  nextOffset: bigint,
  records: readonly LogRecord[],
  endOffset: bigint,
): string | undefined {
  if (endOffset < nextOffset) {
    return `Partition ${partition} of the log ends at offset ${endOffset}, but it was read up to ${nextOffset}: this is not the log that was read, or its end was lost.`;
  }
  let expected = nextOffset;
  for (const { offset } of records) {
    if (offset !== expected) {
      return `Partition ${partition} of the log has offset ${offset} where ${expected} should follow: records are missing.`;
    }
    expected++;
  }
  if (records.length === 0 && endOffset > nextOffset) {
    return `Partition ${partition} of the log says that it ends at offset ${endOffset}, but has no record at ${nextOffset}: records are missing.`;
  }
  return undefined;
}
