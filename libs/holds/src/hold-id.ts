import { randomUUID } from 'node:crypto';
import { writeHoldId, type Instant } from '#libs/ledger';

export function newHoldId(partition: number, now: Instant): string {
  return writeHoldId(partition, now, randomUUID());
}
