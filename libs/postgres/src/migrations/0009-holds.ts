import { sql, type Kysely } from 'kysely';

const KINDS = ['key', 'user', 'team', 'member'];

/**
 * Money that is set aside. `held_account` says what was ever taken out of an account and not given back; what of it has
 * become spend says the projector, in `flipped` beside the balance. Held is the one without the other.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createHeldAccounts(db);
  await createHolds(db);
  await addFlips(db);
}

async function createHeldAccounts(db: Kysely<unknown>): Promise<void> {
  // One small row that every flush of the account updates: room beside it keeps the update in its page.
  await sql`
    create table held_account (
      partition int not null,
      account text not null,
      taken numeric not null default 0 check (taken >= 0),
      counted_to timestamptz not null default '-infinity',
      primary key (partition, account)
    ) with (fillfactor = 20)`.execute(db);
  await sql`
    create table held_expiry (
      partition int not null,
      account text not null,
      expires_at timestamptz not null check (expires_at = date_trunc('second', expires_at)),
      amount numeric not null check (amount >= 0),
      primary key (partition, account, expires_at)
    ) with (fillfactor = 50)`.execute(db);
  await createHeldAt(db);
  await createLock(db);
  await createMove(db);
}

/**
 * What is taken out of accounts, and what of it is due at a moment but not counted out. A plan that was made when the
 * tables were small, and is kept, would read them whole: here the one way that is left is each account's primary key.
 */
async function createHeldAt(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function held_at(partitions int[], accounts text[], moment timestamptz)
    returns table (of_partition int, of_account text, taken numeric, due numeric, due_sums int)
    language plpgsql stable rows 10 set enable_seqscan = off as $$
    begin
      return query
      select asked.partition, asked.account, held.taken, expired.due, expired.due_sums
      from unnest(partitions, accounts) as asked (partition, account)
      cross join lateral (
        select known.taken, known.counted_to from held_account known
        where known.partition = asked.partition and known.account = asked.account
        offset 0
      ) held
      cross join lateral (
        select coalesce(sum(amount), 0) as due, count(*)::int as due_sums from held_expiry known
        where known.partition = asked.partition and known.account = asked.account
          and known.expires_at > held.counted_to and known.expires_at <= moment
      ) expired;
    end $$`.execute(db);
}

/**
 * Statements of a function each see what is committed when they begin, so the rows are there before they are locked. No
 * plan that was made while the table was small reads it whole, as in `held_at`.
 */
async function createLock(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function lock_held(partitions int[], accounts text[]) returns timestamptz
    language plpgsql set enable_seqscan = off as $$
    declare latest timestamptz;
    begin
      insert into held_account (partition, account)
      select asked.partition, asked.account from unnest(partitions, accounts) as asked (partition, account)
      where not exists (
        select from held_account known
        where known.partition = asked.partition and known.account = asked.account)
      order by asked.partition, asked.account
      on conflict do nothing;
      perform from unnest(partitions, accounts) as asked (partition, account)
      join held_account using (partition, account)
      order by partition, account
      for update of held_account;
      select max(counted_to) into latest
      from unnest(partitions, accounts) as asked (partition, account)
      join held_account using (partition, account);
      return nullif(latest, '-infinity');
    end $$`.execute(db);
}

/**
 * The one statement that writes `taken`: counts out what has expired by `moment` on the accounts, which the caller has
 * locked, adds to each what it takes (or gives back), and moves sums between the seconds in which they expire. What was
 * counted out before is not looked for: its rows stand there, dead, until they are cleared away. No plan that was made
 * while the tables were small reads them whole, as in `held_at`.
 */
async function createMove(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function move_held(
      moment timestamptz, partitions int[], accounts text[], taken_by text[],
      expiry_partitions int[], expiry_accounts text[], expiries timestamptz[], expiry_by text[]
    ) returns void language plpgsql set enable_seqscan = off as $$
    begin
      with asked as (
        select partition, account, given.taken_by, known.counted_to
        from unnest(partitions, accounts, taken_by::numeric[]) as given (partition, account, taken_by)
        join held_account known using (partition, account)
      ), counted as (
        delete from held_expiry due using asked
        where due.partition = asked.partition and due.account = asked.account
          and due.expires_at > asked.counted_to and due.expires_at <= moment
        returning due.partition, due.account, due.amount
      ), expired as (
        select partition, account, sum(amount) as amount from counted group by partition, account
      )
      update held_account held
      set taken = held.taken + asked.taken_by - coalesce(expired.amount, 0), counted_to = moment
      from asked left join expired using (partition, account)
      where held.partition = asked.partition and held.account = asked.account;

      insert into held_expiry as known (partition, account, expires_at, amount)
      select * from unnest(expiry_partitions, expiry_accounts, expiries, expiry_by::numeric[])
        as given (partition, account, expires_at, amount)
      where amount >= 0
      order by partition, account, expires_at
      on conflict (partition, account, expires_at) do update set amount = known.amount + excluded.amount;

      update held_expiry known set amount = known.amount + given.amount
      from unnest(expiry_partitions, expiry_accounts, expiries, expiry_by::numeric[])
        as given (partition, account, expires_at, amount)
      where given.amount < 0 and known.partition = given.partition
        and known.account = given.account and known.expires_at = given.expires_at;
    end $$`.execute(db);
}

async function createHolds(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table hold (
      partition int not null,
      hold_id uuid not null,
      scope_type text not null,
      key_id text,
      user_id text,
      team_id text,
      amount numeric not null check (amount >= 0),
      state text not null default 'active' check (state in ('active', 'settling', 'released')),
      created_at timestamptz not null,
      expires_at timestamptz not null,
      caller text not null,
      request_id text,
      idempotency_key text,
      body_hash text,
      decision_id uuid,
      decision text,
      ended_at timestamptz,
      actual numeric check (actual >= 0),
      basis text,
      late boolean,
      settled_source text,
      settled_id text,
      settled_key uuid,
      settled_hash text,
      primary key (partition, hold_id),
      constraint active_has_not_ended check ((state = 'active') = (ended_at is null)),
      constraint settling_has_its_event check ((state = 'settling') = (settled_key is not null))
    ) with (fillfactor = 80)`.execute(db);
  await sql`
    create unique index hold_of_idempotency_key on hold (caller, idempotency_key)
    where idempotency_key is not null`.execute(db);
  await sql`create index hold_of_key on hold (key_id, hold_id) where key_id is not null`.execute(
    db,
  );
  await sql`
    create index hold_of_user on hold (user_id, hold_id) where scope_type = 'user'`.execute(db);
  await sql`
    create index hold_of_team on hold (team_id, hold_id) where scope_type = 'team'`.execute(db);
  await sql`create index hold_of_ledger on hold (hold_id)`.execute(db);
  await sql`create index hold_not_ended on hold (expires_at) where state = 'active'`.execute(db);
  await sql`create index hold_ended on hold (ended_at) where ended_at is not null`.execute(db);
}

/** Which events flip their amount from held to spent, and how much of each account's spend came so. */
async function addFlips(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table spend_event
      add hold_outcome text check (hold_outcome in ('settled', 'ended', 'foreign', 'unknown')),
      add constraint outcome_of_a_hold check (hold_outcome is null or hold_id is not null)`.execute(
    db,
  );
  for (const kind of KINDS) {
    await sql`
      alter table ${sql.table(`${kind}_balance`)}
        add flipped numeric not null default 0 check (flipped >= 0)`.execute(db);
  }
}
