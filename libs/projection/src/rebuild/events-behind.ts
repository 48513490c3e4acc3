import { sql, type Transaction } from 'kysely';
import type { Tables } from '#libs/postgres';
import type { AccountTables } from '../account-tables';
import { shown, type EventBehind } from './projection-difference';

const MOST_EVENTS = 5;

/** The latest events that a rebuilt figure of an account is made of, `since <= time < until`. */
export async function eventsBehind(
  trx: Transaction<Tables>,
  { ids, fed }: AccountTables,
  key: Readonly<Record<string, string>>,
  range: { readonly since: string; readonly until: string } | undefined,
): Promise<readonly EventBehind[]> {
  const isAccount = ids.map((id) => sql`${sql.ref(id)} = ${key[id]}`);
  const isInRange =
    range === undefined
      ? sql``
      : sql`and time >= ${range.since}::timestamptz and time < ${range.until}::timestamptz`;
  const { rows } = await sql<EventBehind>`
    select source, event_id as id, time::text as time, amount::text as amount
    from ${sql.raw(fed('rebuild.spend_event'))}
    where partition = ${key['partition']}::int and ${sql.join(isAccount, sql` and `)} ${isInRange}
    order by time desc, log_offset desc limit ${MOST_EVENTS}`.execute(trx);
  return rows.map((event) => ({ ...event, time: shown(event.time)! }));
}
