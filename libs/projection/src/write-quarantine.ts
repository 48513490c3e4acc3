import type { Prepared, PreparedStatement } from '#libs/postgres';
import type { Plan } from './plan-batch';

const INSERT: PreparedStatement = {
  name: 'write-quarantine',
  text: `
    insert into quarantine (partition, log_offset, reason, headers, value)
    select * from unnest($1::int[], $2::bigint[], $3::text[], $4::jsonb[], $5::bytea[])
    on conflict do nothing`,
};

/** What cannot be read stands aside, its value unchanged, in the transaction that passes over it: it stops nobody. */
export async function writeQuarantine(
  client: Prepared,
  quarantined: Plan['quarantined'],
): Promise<void> {
  const records = quarantined.map(({ record }) => record);
  await client.prepared(INSERT, [
    records.map((record) => record.partition),
    records.map((record) => record.offset),
    quarantined.map(({ reason }) => storable(reason)),
    records.map((record) => JSON.stringify(storableHeaders(record.headers))),
    records.map((record) => record.value),
  ]);
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
