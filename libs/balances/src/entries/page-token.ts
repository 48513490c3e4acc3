import { createHash } from 'node:crypto';
import { parsed, refused, type Parsed } from '#libs/ledger';

const QUERY_DIGITS = 12;
const REFUSED = 'must be a nextPageToken that the ledger gave out for the same query';

/** A token that says where a page ended, and of which query. */
export function writePageToken(query: string, place: string): string {
  return Buffer.from(`${digestOf(query)} ${place}`).toString('base64url');
}

/** @returns where the page ended; `undefined` where there was none before */
export function readPageToken<T>(
  token: string | undefined,
  query: string,
  parsePlace: (place: string) => T | undefined,
): Parsed<T | undefined> {
  if (token === undefined || token === '') return parsed(undefined);
  const text = Buffer.from(token, 'base64url').toString('utf8');
  const [digest, ...rest] = text.split(' ');
  const place = digest === digestOf(query) ? parsePlace(rest.join(' ')) : undefined;
  return place !== undefined && Buffer.from(text).toString('base64url') === token
    ? parsed(place)
    : refused('pageToken', 'page_token', REFUSED);
}

function digestOf(query: string): string {
  return createHash('sha256').update(query).digest('hex').slice(0, QUERY_DIGITS);
}
