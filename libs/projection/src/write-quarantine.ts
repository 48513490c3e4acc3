import { sql, type Transaction } from 'kysely';
import type { Tables } from '#libs/postgres';
import type { Plan } from './plan-batch';

/** What cannot be read stands aside, bytes unchanged, in the transaction that passes over it: it stops nobody. */
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
      ${quarantined.map(({ reason }) => reason)}::text[],
      ${records.map((record) => JSON.stringify(record.headers))}::jsonb[],
      ${records.map((record) => record.value)}::bytea[])
    on conflict do nothing`.execute(trx);
}
