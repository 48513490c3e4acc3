import { sql } from 'kysely';
import type { Database } from '#libs/postgres';
import { projectionDifferences } from '#libs/testing';

const KINDS = ['key', 'user', 'team', 'member', 'pool'];
const IDS: Readonly<Record<string, string>> = { member: 'team_id, user_id', pool: 'account' };

/**
 * All that a ledger says of its entries, wherever they stand: entries, balances with what was held, buckets and budgets; and
 * what is held, of accounts of which something is.
 */
export async function contentsOf({ kysely }: Database): Promise<Record<string, unknown[]>> {
  const contents: Record<string, unknown[]> = {};
  const read = async (name: string, query: string) => {
    const { rows } = await sql.raw(query).execute(kysely);
    contents[name] = rows;
  };
  await read(
    'entries',
    `select to_jsonb(e) - 'partition' - 'log_offset' - 'known_at' as entry, metadata::text from spend_event e order by event_key`,
  );
  await read(
    'budgets',
    `select to_jsonb(b) - 'partition' - 'log_offset' - 'known_at' as budget from budget_revision b
     order by budget_id, revision`,
  );
  await read(
    'prices',
    `select to_jsonb(p) - 'partition' - 'log_offset' - 'known_at' as prices from price_book p order by version`,
  );
  await read(
    'claims of entries',
    `select event_key, claim.content_hash, claim.recorded_at
     from event_claim claim join spend_event using (event_key) order by event_key`,
  );
  for (const kind of KINDS) {
    const ids = IDS[kind] ?? `${kind}_id`;
    await read(
      `${kind} balances`,
      `select ${ids}, sum(spent) + 0.000000000000 as spent, sum(unpriced) as unpriced, max(latest_time) as latest,
              sum(flipped) + 0.000000000000 as flipped
       from ${kind}_balance group by ${ids} order by ${ids}`,
    );
    await read(
      `${kind} buckets`,
      `select ${ids}, grain, starts, sum(spent) + 0.000000000000 as spent from ${kind}_bucket
       group by ${ids}, grain, starts order by ${ids}, grain, starts`,
    );
  }
  await read('held', HELD);
  return contents;
}

/** When each entry and each change of a budget was known, in that order. */
export async function knownTimesOf({ kysely }: Database): Promise<unknown[]> {
  const { rows } = await sql`
    select event_id, known_at from spend_event
    union all select budget_id || '/' || revision, known_at from budget_revision
    union all select version, known_at from price_book order by 2, 1`.execute(kysely);
  return rows;
}

/** Sums that are not what the ledger's own entries come to. */
export function faultsOf(database: Database): Promise<unknown[]> {
  return projectionDifferences(database);
}

const HELD = `
  select account, sum(taken) - sum(flipped) as held from (
    select account, taken, 0 as flipped from held_account
    union all select 'user:' || user_id, 0, flipped from user_balance
    union all select 'team:' || replace(team_id, '/', '%2F'), 0, flipped from team_balance
    union all select 'member:' || replace(team_id, '/', '%2F') || '/' || user_id, 0, flipped from member_balance
    union all select 'key:' || key_id, 0, flipped from key_balance
  ) moved group by account having sum(taken) <> sum(flipped) order by account`;
