import { parsed, refused, type Parsed } from '#libs/ledger';
import { ON_EXPIRY, type OnExpiry } from './hold';

/** Reads what becomes of a hold at its expiry: one of `ON_EXPIRY`. */
export function parseOnExpiry(value: unknown, field: string): Parsed<OnExpiry> {
  const onExpiry = ON_EXPIRY.find((known) => known === value);
  return onExpiry
    ? parsed(onExpiry)
    : refused(field, 'one_of', `must be one of ${ON_EXPIRY.join(', ')}`);
}
