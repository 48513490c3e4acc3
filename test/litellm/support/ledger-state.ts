import { sql } from 'kysely';
import { formatMoney, picoOfDecimal } from '#libs/ledger';
import type { Database } from '#libs/postgres';

/** What each account has spent, by the projection's own tables. */
export async function balancesIn({ kysely }: Database): Promise<Record<string, string>> {
  const { rows } = await sql<{ account: string; spent: string }>`
    select 'key:' || key_id as account, sum(spent)::text as spent from key_balance group by 1
    union all select 'user:' || user_id, sum(spent)::text from user_balance group by 1
    union all select 'team:' || team_id, sum(spent)::text from team_balance group by 1
    union all select 'member:' || team_id || ' ' || user_id, sum(spent)::text from member_balance group by 1
    order by 1`.execute(kysely);
  return Object.fromEntries(
    rows.map(({ account, spent }) => [account, formatMoney(picoOfDecimal(spent))]),
  );
}

/** As money in print, rounded half up to 12 places. */
export function rounded(decimal: string): string {
  const [whole = '0', fraction = ''] = decimal.split('.');
  const kept = picoOfDecimal(`${whole}.${fraction.slice(0, 12)}`);
  return formatMoney(kept + (/^[5-9]/.test(fraction.slice(12)) ? 1n : 0n));
}

/** How many rows all of the ledger's tables of record have. */
export async function recordCounts({ kysely }: Database): Promise<Record<string, bigint>> {
  const { rows } = await sql<Record<string, bigint>>`
    select (select count(*) from event_claim) as claims, (select count(*) from log_record) as records,
      (select count(*) from outbox) as outbox`.execute(kysely);
  return rows[0]!;
}
