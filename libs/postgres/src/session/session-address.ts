import type { SessionSettings } from './session-settings';

/** What an address may say that is said of a session. */
const OF_SESSIONS = [
  'options',
  'statement_timeout',
  'lock_timeout',
  'idle_in_transaction_session_timeout',
];

/**
 * For node-postgres, in which the address has the last word: the address without what it says of sessions. Its
 * `options` stay, before ours, so that what both name is as the ledger needs it.
 */
export function sessionAddress(
  connectionString: string,
  settings: SessionSettings,
): { readonly connectionString: string; readonly options: string } {
  const [address] = connectionString.split('?', 1);
  const params = new URLSearchParams(connectionString.slice(address!.length));
  const given = params.get('options') ?? '';
  const options = `${given} ${printOptions(settings)}`.trimStart();
  if (!OF_SESSIONS.some((name) => params.has(name))) return { connectionString, options };
  for (const name of OF_SESSIONS) params.delete(name);
  return { connectionString: `${address}?${params.toString()}`, options };
}

/** As Postgres reads them: separated by blanks, which a backslash makes part of a value. */
function printOptions(settings: SessionSettings): string {
  return Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${value.replace(/[\\\s]/g, '\\$&')}`)
    .join(' ');
}
