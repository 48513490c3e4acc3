import { sql, type Kysely } from 'kysely';

/**
 * Money that is set aside on accounts which calls of every scope add to. One row for each would make strangers wait for
 * each other, so a pool has a row in each of a few slots, and a process writes those of one slot: the sum over all of
 * them is what is held. Only who decides by a limit on such an account takes its gate.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createPools(db);
  await namePersons(db);
  await createPoolHeldAt(db);
  await createPersonHeldAt(db);
  await createLockGates(db);
  await createMovePools(db);
  await createCountOutPools(db);
  await addColumns(db);
}

async function createPools(db: Kysely<unknown>): Promise<void> {
  const isPool = sql`check (account = 'ledger' or account like 'label:%')`;
  // A slot gives back what another one has taken, so it may be below zero, and so may what expires there.
  await sql`
    create table pool_held (
      account text not null ${isPool},
      slot int not null check (slot >= 0),
      model text not null default '',
      taken numeric not null default 0,
      counted_to timestamptz not null default '-infinity',
      primary key (account, slot, model)
    ) with (fillfactor = 20)`.execute(db);
  await sql`
    create table pool_expiry (
      account text not null ${isPool},
      slot int not null check (slot >= 0),
      model text not null default '',
      expires_at timestamptz not null check (expires_at = date_trunc('second', expires_at)),
      amount numeric not null,
      primary key (account, slot, model, expires_at)
    ) with (fillfactor = 50)`.execute(db);
  await sql`
    create table pool_gate (
      account text primary key check (account = 'ledger' or account like 'label:%' or account like 'person:%')
    )`.execute(db);
}

/** The id of a user as her accounts' names have it: what is held of a person is the sum of those. */
async function namePersons(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table held_account add column person text generated always as (
      case when account like 'user:%' then substr(account, 6)
           when account like 'member:%' then split_part(account, '/', 2) end) stored`.execute(db);
  await sql`create index on held_account (person) where person is not null`.execute(db);
}

/** As `held_at`, of pools: what all of their slots have taken, and what is due there. */
async function createPoolHeldAt(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function pool_held_at(accounts text[], moment timestamptz)
    returns table (of_account text, taken numeric, due numeric, due_sums int)
    language plpgsql stable rows 10 set enable_seqscan = off as $$
    begin
      return query
      select asked.account, sum(slots.taken), sum(slots.due), sum(slots.due_sums)::int
      from unnest(accounts) as asked (account)
      cross join lateral (
        select held.taken, expired.due, expired.due_sums
        from pool_held held cross join lateral (
          select coalesce(sum(amount), 0) as due, count(*) as due_sums from pool_expiry known
          where known.account = held.account and known.slot = held.slot and known.model = held.model
            and known.expires_at > held.counted_to and known.expires_at <= moment
        ) expired
        where held.account = asked.account
        offset 0
      ) slots
      group by asked.account;
    end $$`.execute(db);
}

/** Likewise of persons, given by their ids as names of accounts have them: the sum of their own and their members' rows. */
async function createPersonHeldAt(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function person_held_at(persons text[], moment timestamptz)
    returns table (of_person text, taken numeric, due numeric) language plpgsql stable rows 10 set enable_seqscan = off as $$
    begin
      return query
      select asked.person, sum(held.taken), sum(held.due)
      from unnest(persons) as asked (person)
      cross join lateral (
        select known.taken, expired.due
        from held_account known cross join lateral (
          select coalesce(sum(amount), 0) as due from held_expiry expiry
          where expiry.partition = known.partition and expiry.account = known.account
            and expiry.expires_at > known.counted_to and expiry.expires_at <= moment
        ) expired
        where known.person = asked.person
        offset 0
      ) held
      group by asked.person;
    end $$`.execute(db);
}

/**
 * Locks the gates of those accounts on which a limit is enforced, and of those that the caller says need it, in the order
 * of their names. It may lock more than what is in force needs, never less than what it saw: the caller reads anew under
 * the locks. `latest` is the last moment at which what is held there was counted out.
 * @param accounts each with a name that a budget on it has: its own, or its default's
 */
async function createLockGates(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function lock_gates(accounts text[], targets text[], needed text[])
    returns table (gates text[], latest timestamptz)
    language plpgsql set enable_seqscan = off as $$
    declare gated text[];
    begin
      select array_agg(distinct of_limit.account order by of_limit.account) into gated from (
        select asked.account from unnest(accounts, targets) as asked (account, target)
        cross join lateral (
          select from budget_revision b
          where b.account = asked.target and not b.superseded
            and (b.valid_until is null or b.valid_until > ledger_now())
            and b.definition::jsonb ->> 'limit' is not null
            and (b.definition::jsonb ->> 'enforce')::boolean is not false
          limit 1
        ) of_budget
        union
        select unnest(needed)
      ) as of_limit (account);
      if gated is null then
        return query select '{}'::text[], null::timestamptz;
        return;
      end if;
      insert into pool_gate (account)
      select asked from unnest(gated) asked
      cross join lateral (select count(*) as n from pool_gate where account = asked) of_gate
      where of_gate.n = 0 order by asked
      on conflict do nothing;
      perform from (select asked from unnest(gated) asked order by asked) in_order
      cross join lateral (select from pool_gate where account = asked for update) locked;
      return query
      select gated, nullif(greatest(
        (select max((select max(counted_to) from pool_held where account = asked))
         from unnest(gated) asked),
        (select max((select max(counted_to) from held_account where person = substr(asked, 8)))
         from unnest(gated) asked where asked like 'person:%')), '-infinity');
    end $$`.execute(db);
}

/**
 * What alone writes `taken` of pools, in one slot, one pool after the other in the order of their names: each is found by
 * its whole key, so no plan that was made while the tables were small reads them whole. The locks of a slot's rows come
 * last of all that a flush locks, so they are had for no longer than its commit takes. By then another flush may have
 * counted out a second that this one still moves sums of: these are counted out at once, and the two come to the same in
 * either order.
 */
async function createMovePools(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function move_pools(
      moment timestamptz, of_slot int, accounts text[], taken_by text[],
      expiry_accounts text[], expiries timestamptz[], expiry_by text[]
    ) returns void language plpgsql set enable_seqscan = off as $$
    declare asked record; counted_up_to timestamptz; expired numeric;
    begin
      for asked in
        select given.account, given.moved from unnest(accounts, taken_by::numeric[]) as given (account, moved)
        order by given.account
      loop
        loop
          select counted_to into counted_up_to from pool_held
          where account = asked.account and slot = of_slot and model = '' for update;
          exit when found;
          insert into pool_held (account, slot) values (asked.account, of_slot) on conflict do nothing;
        end loop;
        with due as (
          delete from pool_expiry
          where account = asked.account and slot = of_slot and model = ''
            and expires_at > counted_up_to and expires_at <= moment
          returning amount
        ) select coalesce(sum(amount), 0) into expired from due;
        update pool_held
        set taken = taken + asked.moved - expired, counted_to = greatest(counted_to, moment)
        where account = asked.account and slot = of_slot and model = '';
      end loop;
      for asked in
        select given.account, sum(given.moved) as moved
        from unnest(expiry_accounts, expiries, expiry_by::numeric[]) as given (account, expires_at, moved)
        cross join lateral (
          select known.counted_to from pool_held known
          where known.account = given.account and known.slot = of_slot and known.model = ''
          offset 0) held
        where given.expires_at <= held.counted_to
        group by given.account
      loop
        update pool_held set taken = taken - asked.moved
        where account = asked.account and slot = of_slot and model = '';
      end loop;
      insert into pool_expiry as known (account, slot, expires_at, amount)
      select given.account, of_slot, given.expires_at, given.moved
      from unnest(expiry_accounts, expiries, expiry_by::numeric[]) as given (account, expires_at, moved)
      cross join lateral (
        select known.counted_to from pool_held known
        where known.account = given.account and known.slot = of_slot and known.model = ''
        offset 0) held
      where given.expires_at > held.counted_to
      order by given.account, given.expires_at
      on conflict (account, slot, model, expires_at) do update set amount = known.amount + excluded.amount;
    end $$`.execute(db);
}

/** Counts out what is due on pools, in all of their slots: a trail of it is added up by each who asks. */
async function createCountOutPools(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function count_out_pools(accounts text[]) returns void
    language plpgsql set enable_seqscan = off as $$
    declare held record; moment timestamptz; expired numeric;
    begin
      for held in
        select account, slot, model, counted_to from pool_held where account = any(accounts)
        order by account, slot, model for update
      loop
        moment := ledger_now();
        continue when held.counted_to >= moment;
        with due as (
          delete from pool_expiry
          where account = held.account and slot = held.slot and model = held.model
            and expires_at > held.counted_to and expires_at <= moment
          returning amount
        ) select coalesce(sum(amount), 0) into expired from due;
        update pool_held set taken = taken - expired, counted_to = moment
        where account = held.account and slot = held.slot and model = held.model;
      end loop;
    end $$`.execute(db);
}

/**
 * What a hold is for, and whether it was taken on pools too: those of before count on their owner's accounts alone. Where
 * the amount of its settle was taken stands with it, `{}` for the ledger alone; `null`: on no pool.
 */
async function addColumns(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table hold
      add labels jsonb,
      add model text,
      add on_pools boolean not null default false,
      add settled_labels jsonb,
      add settled_model text,
      add constraint pools_of_a_settled_hold
        check (settled_labels is null or state = 'settling') not valid`.execute(db);
  // Those that the ledger filled in: the event's content does not have them.
  await sql`alter table spend_event add ledger_labels jsonb`.execute(db);
}
