import { sql, type Kysely } from 'kysely';

/**
 * What calls of every scope add to: the ledger as a whole, and each label. They have tables of their own, which take no
 * other account: nothing here can write a row of `user_balance`. Projectors of before would add to the four kinds alone,
 * so they are fenced while the ledger's sums are made out of what is there, and may not go on.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  // Of a long record it takes its time.
  await sql`set local statement_timeout = 0`.execute(db);
  await fenceProjectors(db);
  await createPoolsOf(db);
  await createTables(db);
  await createSum(db);
  await sumLedger(db);
}

async function fenceProjectors(db: Kysely<unknown>): Promise<void> {
  await sql`select from projection_partition order by partition for update`.execute(db);
  await sql`update projection_partition set epoch = epoch + 1`.execute(db);
  await sql`
    alter table spend_event
      add hold_pools boolean,
      add constraint pools_of_a_settled_hold check (hold_pools is null or hold_outcome is not distinct from 'settled') not valid`.execute(
    db,
  );
  await sql`alter table ledger alter projection_version set default 2`.execute(db);
  await sql`update ledger set projection_version = 2 where projection_version = 1`.execute(db);
}

/** The accounts beside those of its scope that an entry feeds, as \`formatAccount\` writes them. */
async function createPoolsOf(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function pools_of(labels jsonb) returns table (account text) language sql immutable as $$
      select 'ledger'
      union all
      select 'label:' || key || '/' || case value
        when '*' then '%2A' else replace(replace(value, '%', '%25'), '/', '%2F') end
      from jsonb_each_text(labels)
    $$`.execute(db);
}

async function createTables(db: Kysely<unknown>): Promise<void> {
  const isPool = sql`check (account = 'ledger' or account like 'label:%')`;
  await sql`
    create table pool_balance (
      partition int not null,
      account text not null ${isPool},
      spent numeric not null,
      unpriced bigint not null,
      flipped numeric not null default 0 check (flipped >= 0),
      last_offset bigint not null,
      latest_time timestamptz not null,
      windows jsonb,
      primary key (partition, account)
    ) with (fillfactor = 80)`.execute(db);
  await sql`create index on pool_balance (account)`.execute(db);
  await sql`
    create table pool_bucket (
      partition int not null,
      account text not null ${isPool},
      grain text not null check (grain in ('quarter', 'day')),
      starts timestamptz not null,
      spent numeric not null,
      primary key (partition, account, grain, starts)
    ) with (fillfactor = 80)`.execute(db);
  // A person is the sum of her own row and those of her memberships.
  await sql`create index on member_balance (user_id)`.execute(db);
}

/** The sum of a pool's entries with `since <= time < until`: days, quarters of an hour, and the entries at the ends. */
async function createSum(db: Kysely<unknown>): Promise<void> {
  const entries = (from: string, to: string) =>
    sql.raw(`
    (select coalesce(sum(amount), 0) from spend_event
     where partition = of_partition and time >= ${from} and time < ${to}
       and (of_account = 'ledger'
            or exists (select from pools_of(labels) pool where pool.account = of_account)))`);
  const buckets = (grain: string, from: string, to: string) =>
    sql.raw(`
    (select coalesce(sum(spent), 0) from pool_bucket
     where partition = of_partition and account = of_account and grain = '${grain}'
       and starts >= ${from} and starts < ${to})`);
  await sql`
    create function pool_spent(
      of_partition int, of_account text, since timestamptz, until timestamptz
    ) returns numeric language plpgsql stable as $$
    declare
      first_quarter timestamptz := date_bin('15 min', since + interval '15 min' - interval '1 us', '2000-01-01Z');
      end_quarter timestamptz := date_bin('15 min', until, '2000-01-01Z');
      first_day timestamptz := date_bin('1 day', first_quarter + interval '1 day' - interval '1 us', '2000-01-01Z');
      end_day timestamptz := date_bin('1 day', end_quarter, '2000-01-01Z');
    begin
      if first_quarter >= end_quarter then
        return ${entries('since', 'until')};
      end if;
      if first_day >= end_day then
        return ${entries('since', 'first_quarter')}
          + ${buckets('quarter', 'first_quarter', 'end_quarter')}
          + ${entries('end_quarter', 'until')};
      end if;
      return ${entries('since', 'first_quarter')}
        + ${buckets('quarter', 'first_quarter', 'first_day')}
        + ${buckets('day', 'first_day', 'end_day')}
        + ${buckets('quarter', 'end_day', 'end_quarter')}
        + ${entries('end_quarter', 'until')};
    end $$`.execute(db);
}

/**
 * What the ledger spent before: of teams, of users and of keys that have no owner, each once. Nothing that was held by then
 * was held on pools, so nothing of it flips there.
 */
async function sumLedger(db: Kysely<unknown>): Promise<void> {
  await sql`
    insert into pool_bucket (partition, account, grain, starts, spent)
    select partition, 'ledger', grain, starts, sum(spent)
    from (
      select partition, grain, starts, spent from team_bucket
      union all
      select partition, grain, starts, spent from user_bucket
      union all
      select partition, grain, date_bin(width, time, '2000-01-01Z'), amount
      from spend_event, (values ('quarter', interval '15 min'), ('day', '1 day')) as g (grain, width)
      where scope_type = 'key' and amount <> 0
    ) once
    group by partition, grain, starts`.execute(db);
  await sql`
    insert into pool_balance (partition, account, spent, unpriced, last_offset, latest_time)
    select partition, 'ledger', sum(spent), sum(unpriced), max(last_offset), max(latest_time)
    from (
      select partition, spent, unpriced, last_offset, latest_time from team_balance
      union all
      select partition, spent, unpriced, last_offset, latest_time from user_balance
      union all
      select partition, coalesce(sum(amount), 0), count(*) - count(amount) - count(*) filter (where prices),
             max(log_offset), max(time)
      from spend_event where scope_type = 'key' group by partition
    ) once
    group by partition`.execute(db);
}
