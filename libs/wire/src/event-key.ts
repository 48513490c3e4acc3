import { hash } from 'node:crypto';
import type { EventId } from '#libs/ledger';

/**
 * The ledger's name for an event: the first 16 bytes of SHA-256(source, NUL, id), written as a UUID because that is
 * the database's type for 16 bytes.
 */
export function eventKeyOf({ source, id }: EventId): string {
  const hex = hash('sha256', `${source}\0${id}`);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}
