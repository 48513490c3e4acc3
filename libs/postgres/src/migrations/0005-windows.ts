import { sql, type Kysely } from 'kysely';

/** What tells apart the tables of each kind of account: `<kind>_balance` and `<kind>_bucket`. */
interface AccountTables {
  readonly kind: 'key' | 'user' | 'team' | 'member';
  readonly ids: readonly string[];
  /** The only scope whose events may feed them; null: keys are fed by all. */
  readonly scope: 'user' | 'team' | null;
  /** Which events do: those that name the account. */
  readonly fedBy: string;
}

const KINDS: readonly AccountTables[] = [
  { kind: 'key', ids: ['key_id'], scope: null, fedBy: 'key_id is not null' },
  { kind: 'user', ids: ['user_id'], scope: 'user', fedBy: `scope_type = 'user'` },
  { kind: 'team', ids: ['team_id'], scope: 'team', fedBy: `scope_type = 'team'` },
  {
    kind: 'member',
    ids: ['team_id', 'user_id'],
    scope: 'team',
    fedBy: `scope_type = 'team' and user_id is not null`,
  },
];

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`set local statement_timeout = 0`.execute(db);
  for (const tables of KINDS) {
    await addColumns(db, tables);
    await createBuckets(db, tables);
    await createSum(db, tables);
  }
  await createBudgetsInForce(db);
}

/**
 * `latest_time`: when the account's latest event was. `windows`: what it spent in the window of each budget that it was in
 * then, `{ "<budgetId>": ["<start>", "<end>", "<spent>"] }`; a cache, written whenever the balance is.
 */
async function addColumns(db: Kysely<unknown>, { kind, ids, fedBy }: AccountTables) {
  const balance = sql.table(`${kind}_balance`);
  await sql`alter table ${balance} add latest_time timestamptz, add windows jsonb`.execute(db);
  const account = sql`partition, ${idList(ids)}`;
  await sql`
    update ${balance} balance set latest_time = latest.time
    from (
      select ${account}, max(time) as time from spend_event where ${sql.raw(fedBy)} group by ${account}
    ) latest
    where balance.partition = latest.partition and ${matches(ids, 'balance')}`.execute(db);
  await sql`alter table ${balance} alter latest_time set not null`.execute(db);
}

/**
 * Sums by the quarter of an hour, of which every zone's offset is a multiple, and by the day (UTC). The scope comes from
 * the events that feed the row: a sum over those of another scope is refused.
 */
async function createBuckets(db: Kysely<unknown>, { kind, ids, scope, fedBy }: AccountTables) {
  const bucket = sql.table(`${kind}_bucket`);
  await sql`
    create table ${bucket} (
      partition int not null,
      ${idColumns(ids)},
      grain text not null check (grain in ('quarter', 'day')),
      starts timestamptz not null,
      spent numeric not null,
      ${scopeColumn(scope)}
      primary key (partition, ${idList(ids)}, grain, starts)
    ) with (fillfactor = 80)`.execute(db);
  const columns = sql`partition, ${idList(ids)}${scope === null ? sql`` : sql`, scope_type`}`;
  await sql`
    insert into ${bucket} (${columns}, grain, starts, spent)
    select ${columns}, grain, date_bin(width, time, '2000-01-01Z') as starts, sum(amount)
    from spend_event, (values ('quarter', interval '15 min'), ('day', '1 day')) as g (grain, width)
    where amount > 0 and ${sql.raw(fedBy)}
    group by ${columns}, grain, starts`.execute(db);
}

/** The sum of an account's events with `since <= time < until`: days, quarters of an hour, and the events at the ends. */
async function createSum(db: Kysely<unknown>, { kind, ids, fedBy }: AccountTables) {
  const arguments_ = sql.join(ids.map((id) => sql`${sql.ref(`of_${id}`)} text`));
  const isAccount = sql`partition = of_partition and ${sql.join(
    ids.map((id) => sql`${sql.ref(id)} = ${sql.ref(`of_${id}`)}`),
    sql` and `,
  )}`;
  const events = (from: string, to: string) => sql`
    (select coalesce(sum(amount), 0) from spend_event
     where ${isAccount} and ${sql.raw(fedBy)} and time >= ${sql.ref(from)} and time < ${sql.ref(to)})`;
  const buckets = (grain: string, from: string, to: string) => sql`
    (select coalesce(sum(spent), 0) from ${sql.table(`${kind}_bucket`)}
     where ${isAccount} and grain = ${sql.lit(grain)}
       and starts >= ${sql.ref(from)} and starts < ${sql.ref(to)})`;
  await sql`
    create function ${sql.raw(`${kind}_spent`)}(
      of_partition int, ${arguments_}, since timestamptz, until timestamptz
    ) returns numeric language plpgsql stable as $$
    declare
      first_quarter timestamptz := date_bin('15 min', since + interval '15 min' - interval '1 us', '2000-01-01Z');
      end_quarter timestamptz := date_bin('15 min', until, '2000-01-01Z');
      first_day timestamptz := date_bin('1 day', first_quarter + interval '1 day' - interval '1 us', '2000-01-01Z');
      end_day timestamptz := date_bin('1 day', end_quarter, '2000-01-01Z');
    begin
      if first_quarter >= end_quarter then
        return ${events('since', 'until')};
      end if;
      if first_day >= end_day then
        return ${events('since', 'first_quarter')}
          + ${buckets('quarter', 'first_quarter', 'end_quarter')}
          + ${events('end_quarter', 'until')};
      end if;
      return ${events('since', 'first_quarter')}
        + ${buckets('quarter', 'first_quarter', 'first_day')}
        + ${buckets('day', 'first_day', 'end_day')}
        + ${buckets('quarter', 'end_day', 'end_quarter')}
        + ${events('end_quarter', 'until')};
    end $$`.execute(db);
}

/** The highest revision of each budget that is not past its end; one that removes its budget has no settings. */
async function createBudgetsInForce(db: Kysely<unknown>): Promise<void> {
  await sql`
    create view budget_in_force as
    select partition, budget_id, revision, account, definition, log_offset
    from budget_revision b
    where not superseded and (valid_until is null or valid_until > ledger_now())
      and not exists (
        select from budget_revision higher
        where higher.partition = b.partition and higher.budget_id = b.budget_id
          and higher.revision > b.revision
          and (higher.valid_until is null or higher.valid_until > ledger_now()))`.execute(db);
}

function idList(ids: readonly string[]) {
  return sql.join(ids.map((id) => sql.ref(id)));
}

function idColumns(ids: readonly string[]) {
  return sql.join(ids.map((id) => sql`${sql.ref(id)} text not null`));
}

function matches(ids: readonly string[], table: string) {
  return sql.join(
    ids.map((id) => sql`latest.${sql.ref(id)} = ${sql.ref(`${table}.${id}`)}`),
    sql` and `,
  );
}

function scopeColumn(scope: AccountTables['scope']) {
  return scope === null
    ? sql``
    : sql`scope_type text not null check (scope_type = ${sql.lit(scope)}),`;
}
