import type { Instant } from './instant';

const FORM =
  /^([0-9a-f]{8})-([0-9a-f]{4})-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-([0-9a-f]{4})[0-9a-f]{8}$/;
const MICROS_PER_MILLI = 1000n;

/**
 * A hold's id leads to the partition of its owner, and ids follow each other in time: a UUID of version 8, which is
 * the milliseconds, random digits, the partition, and random digits again.
 * @param random a random UUID
 */
export function writeHoldId(partition: number, now: Instant, random: string): string {
  const place = partition.toString(16).padStart(4, '0');
  return `${millisOf(now)}-8${random.slice(15, 24)}${place}${random.slice(28)}`;
}

/** The first and the last id that a hold can have which was taken from one instant to another, both included. */
export function holdIdsBetween(from: Instant, to: Instant): readonly [first: string, last: string] {
  return [`${millisOf(from)}-8000-8000-000000000000`, `${millisOf(to)}-8fff-bfff-ffffffffffff`];
}

/** @returns `undefined`: no hold has such an id */
export function partitionOfHoldId(holdId: string): number | undefined {
  const match = FORM.exec(holdId);
  return match ? parseInt(match[3]!, 16) : undefined;
}

function millisOf(at: Instant): string {
  const millis = (at / MICROS_PER_MILLI).toString(16).padStart(12, '0');
  return `${millis.slice(0, 8)}-${millis.slice(8)}`;
}

/** When a hold was taken, to the millisecond. @returns `undefined`: no hold has such an id */
export function createdAtOfHoldId(holdId: string): Instant | undefined {
  const match = FORM.exec(holdId);
  return match ? BigInt(`0x${match[1]!}${match[2]!}`) * MICROS_PER_MILLI : undefined;
}
