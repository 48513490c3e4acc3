import { parseInstant, type Instant } from '#libs/ledger';

/** As the ledger reads times: what Postgres prints of a timestamp without a zone is UTC. */
export function instantTextOf(timestamp: string): string {
  return `${timestamp.replace(' ', 'T')}Z`;
}

/** Of Postgres, or of JSON with an offset; `undefined` for what is no time of the ledger. */
export function instantOfTimestamp(text: string | null): Instant | undefined {
  if (text === null) return undefined;
  const hasOffset = /(?:Z|[+-]\d\d:\d\d)$/.test(text);
  const instant = parseInstant(hasOffset ? text : instantTextOf(text), 'time');
  return instant.ok ? instant.value : undefined;
}
