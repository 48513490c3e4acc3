import { missing, parsed, refused, type Parsed } from '#libs/ledger';

export const MAX_TTL_SECONDS = 86_400;

/** Reads how long a hold lives: 1 second to a day. */
export function parseTtlSeconds(value: unknown, field: string): Parsed<number> {
  if (value === undefined) return missing(field);
  if (typeof value !== 'number' || !Number.isInteger(value)) {
    return refused(field, 'whole_number', 'must be a whole number of seconds');
  }
  return value >= 1 && value <= MAX_TTL_SECONDS
    ? parsed(value)
    : refused(field, 'range', `must be from 1 to ${MAX_TTL_SECONDS} seconds`);
}
