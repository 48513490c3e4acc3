import { sql, type Transaction } from 'kysely';
import type { Tables } from '#libs/postgres';
import type { Plan } from './plan-batch';

/** What cannot be read stands aside, its value unchanged, in the transaction that passes over it: it stops nobody. */
export async function writeQuarantine(
  trx: Transaction<Tables>,
  quarantined: Plan['quarantined'],
): Promise<void> {
  const records = quarantined.map(({ record }) => record);
  await sql`
    insert into quarantine (partition, log_offset, reason, headers, value)
    select * from unnest(
      ${records.map((record) => record.partition)}::int[],
      ${records.map((record) => record.offset)}::bigint[],
      ${quarantined.map(({ reason }) => storable(reason))}::text[],
      ${records.map((record) => JSON.stringify(storableHeaders(record.headers)))}::jsonb[],
      ${records.map((record) => record.value)}::bytea[])
    on conflict do nothing`.execute(trx);
}

/** A record's headers and member names, which reasons quote, may hold what Postgres cannot. */
function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\ufffd');
}

function storableHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, text]) => [storable(name), storable(text)]),
  );
}
