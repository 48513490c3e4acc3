import { sql } from 'kysely';
import { picoOfDecimal } from '#libs/ledger';
import type { Database } from '#libs/postgres';

/** What became of money, out of the tables, by SQL that is the ledger's own nowhere. */

/** What the projection has of every account. */
export async function readSpent({ kysely }: Database): Promise<Map<string, bigint>> {
  const { rows } = await sql<{ account: string; spent: string }>`
    select account, sum(spent) as spent from (${BALANCES} ${WIDE_BALANCES}) balance group by account`.execute(
    kysely,
  );
  return new Map(rows.map(({ account, spent }) => [account, picoOfDecimal(spent)]));
}

/** Of every account what was taken, less what is due and what has flipped. */
export async function readHeld({ kysely }: Database): Promise<Map<string, bigint>> {
  const { rows } = await sql<{ account: string; held: string }>`
    ${HELD}
    union all
    select 'person:' || person, sum(held) from (${HELD}) held join held_account using (account)
    where person is not null group by person
    union all
    select account, sum(taken)
      - coalesce((select sum(amount) from pool_expiry due
          where due.account = pool.account and due.expires_at > (
            select counted_to from pool_held slot where slot.account = due.account and slot.slot = due.slot)
          and due.expires_at <= ledger_now()), 0)
      - coalesce((select sum(flipped) from pool_balance balance where balance.account = pool.account), 0)
    from pool_held pool group by account`.execute(kysely);
  return new Map(rows.map(({ account, held }) => [account, picoOfDecimal(held)]));
}

/** What is held otherwise than the holds say: of accounts and of pools. */
export async function readHeldOtherwise(database: Database): Promise<unknown[]> {
  return [
    ...(await readAccountsHeldOtherwise(database)),
    ...(await readPoolsHeldOtherwise(database)),
  ];
}

/**
 * The accounts whose held money is not the sum of the holds that live or are to be charged, and of what was settled or
 * charged and is not projected.
 * Where an account has counted a second out, what expired by then stays so.
 */
async function readAccountsHeldOtherwise({ kysely }: Database): Promise<unknown[]> {
  const { rows } = await sql`
    with of_account as (
      select hold.*, account, counted_to from hold cross join lateral (values
        (case when key_id is not null then 'key:' || key_id end),
        (case when scope_type = 'user' then 'user:' || user_id end),
        (case when scope_type = 'team' then 'team:' || team_id end),
        (case when scope_type = 'team' then 'member:' || team_id || '/' || user_id end)
      ) as touched (account) join held_account using (account)
    ), summed as (
      select account, sum(case
        when state = 'active' and (
          on_expiry = 'charge' or expires_at > greatest(ledger_now(), counted_to)) then amount
        when state = 'settling' and not (settled_source = 'ledger/holds' and expiry_event is not null)
          and not exists (select from spend_event where event_key = settled_key)
          then coalesce(actual, 0)
        else 0 end + case
        when expiry_event is not null and on_expiry = 'charge' and not exists (
          select from spend_event where source = 'ledger/holds' and event_id = of_account.hold_id::text)
          then amount
        else 0 end) as holds
      from of_account group by account
    )
    select account, held, holds from (${HELD}) held full join summed using (account)
    where held is distinct from coalesce(holds, 0)`.execute(kysely);
  return rows;
}

/**
 * Likewise of labels and of the ledger: of all their slots together what was taken, less what is due and what has flipped.
 * Each at the latest moment that any of its slots has counted out, as a flush that decides by it has it.
 */
async function readPoolsHeldOtherwise({ kysely }: Database): Promise<unknown[]> {
  const { rows } = await sql`
    with taken as (
      select labels as pools, amount,
        case on_expiry when 'charge' then 'infinity' else expires_at end as until
      from hold where on_pools and state = 'active'
      union all
      select settled_labels, coalesce(actual, 0), 'infinity' from hold
      where settled_labels is not null and not (settled_source = 'ledger/holds' and expiry_event is not null)
        and not exists (select from spend_event where event_key = settled_key)
      union all
      select labels, amount, 'infinity' from hold
      where on_pools and expiry_event is not null and on_expiry = 'charge' and not exists (
        select from spend_event where source = 'ledger/holds' and event_id = hold.hold_id::text)
    ), moment as (
      select account, greatest(max(counted_to), ledger_now()) as at from pool_held group by account
    ), summed as (
      select account, sum(amount) filter (where until > at) as holds from taken cross join lateral (
        select 'ledger' as account
        union all select 'label:' || key || '/' || value from jsonb_each_text(pools)) pool
      left join moment using (account)
      group by account
    ), held as (
      select account, sum(taken - coalesce((
        select sum(amount) from pool_expiry due
        where due.account = pool.account and due.slot = pool.slot
          and due.expires_at > pool.counted_to and due.expires_at <= moment.at), 0))
        - coalesce((select sum(flipped) from pool_balance balance where balance.account = pool.account), 0)
        as held
      from pool_held pool join moment using (account) group by account
    )
    select account, held, holds from held full join summed using (account)
    where coalesce(held, 0) <> coalesce(holds, 0)`.execute(kysely);
  return rows;
}

/** How many records wait in the outbox, and how many holds for their events. */
export async function countUnderWay({ kysely }: Database): Promise<unknown> {
  const { rows } = await sql`
    select (select count(*)::int from outbox) as outbox, (
      select count(*)::int from hold where state = 'settling'
        and 1 <> (select count(*) from spend_event where event_key = settled_key)
    ) as settling`.execute(kysely);
  return rows[0];
}

const BALANCES = sql`
  select 'key:' || key_id as account, spent, flipped from key_balance
  union all select 'user:' || user_id, spent, flipped from user_balance
  union all select 'team:' || team_id, spent, flipped from team_balance
  union all select 'member:' || team_id || '/' || user_id, spent, flipped from member_balance`;

const WIDE_BALANCES = sql`
  union all select account, spent, flipped from pool_balance
  union all select 'person:' || user_id, spent, flipped from user_balance
  union all select 'person:' || user_id, spent, flipped from member_balance`;

const HELD = sql`
  select account, taken
    - coalesce((select sum(amount) from held_expiry due where due.account = held.account
        and due.expires_at > held.counted_to and due.expires_at <= ledger_now()), 0)
    - coalesce((select sum(flipped) from (${BALANCES}) balance
        where balance.account = held.account), 0) as held
  from held_account held`;
