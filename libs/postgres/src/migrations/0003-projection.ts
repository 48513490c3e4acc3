import { sql, type Kysely } from 'kysely';

/** Every table leads with `partition` in its key, and only that partition's projector writes the row. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table projection_partition (
      partition int primary key,
      next_offset bigint not null default 0,
      epoch bigint not null default 0,
      known_at timestamptz,
      caught_up_at timestamptz
    ) with (fillfactor = 10)`.execute(db);
  await createSpendEvents(db);
  await createBalance(db, 'key_balance', ['key_id'], null);
  await createBalance(db, 'user_balance', ['user_id'], 'user');
  await createBalance(db, 'team_balance', ['team_id'], 'team');
  await createBalance(db, 'member_balance', ['team_id', 'user_id'], 'team');
  await sql`create index on key_balance (key_id)`.execute(db);
  await createBudgets(db);
  await sql`
    create table quarantine (
      partition int not null,
      log_offset bigint not null,
      reason text not null,
      headers jsonb not null,
      value bytea not null,
      primary key (partition, log_offset)
    )`.execute(db);
}

async function createSpendEvents(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table spend_event (
      partition int not null,
      log_offset bigint not null,
      event_key uuid not null,
      source text not null,
      event_id text not null,
      time timestamptz not null,
      recorded_at timestamptz not null,
      known_at timestamptz not null,
      caller text not null,
      content_hash text not null,
      scope_type text not null,
      key_id text check (key_id <> ''),
      user_id text check (user_id <> ''),
      team_id text check (team_id <> ''),
      amount numeric check (amount >= 0 and amount < 1e15),
      basis text not null,
      request_id text,
      hold_id text,
      model text,
      metadata jsonb,
      extensions jsonb not null,
      primary key (partition, event_key),
      unique (partition, log_offset, scope_type),
      constraint scope_has_its_ids check (
        case scope_type
          when 'key' then key_id is not null and user_id is null and team_id is null
          when 'user' then user_id is not null and team_id is null
          when 'team' then team_id is not null
          else false
        end),
      constraint unknown_is_not_zero check (
        case basis
          when 'unknown' then amount is null
          when 'exact' then amount is not null
          when 'estimated' then amount is not null
          else false
        end)
    )`.execute(db);
  await sql`
    create index on spend_event (partition, user_id, time) where scope_type = 'user'`.execute(db);
  await sql`
    create index on spend_event (partition, team_id, time) where scope_type = 'team'`.execute(db);
  await sql`
    create index on spend_event (key_id, time) where key_id is not null`.execute(db);
}

/**
 * A row names the last event that fed it, and the foreign key demands that this event has the row's scope: a team's
 * event cannot be booked on a user's row. Keys may be fed from every scope.
 */
async function createBalance(
  db: Kysely<unknown>,
  table: string,
  ids: readonly string[],
  scope: 'user' | 'team' | null,
): Promise<void> {
  const idColumns = sql.join(ids.map((id) => sql`${sql.ref(id)} text not null`));
  await sql`
    create table ${sql.table(table)} (
      partition int not null,
      ${idColumns},
      spent numeric not null,
      unpriced bigint not null,
      last_offset bigint not null,
      primary key (partition, ${sql.join(ids.map((id) => sql.ref(id)))})
    ) with (fillfactor = 80)`.execute(db);
  if (scope === null) return;
  await sql`
    alter table ${sql.table(table)}
      add scope_type text not null generated always as (${sql.lit(scope)}) stored,
      add constraint ${sql.ref(`${table}_is_fed_by_its_scope`)}
        foreign key (partition, last_offset, scope_type)
        references spend_event (partition, log_offset, scope_type)`.execute(db);
}

async function createBudgets(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table budget_revision (
      partition int not null,
      budget_id text not null,
      revision int not null check (revision > 0),
      account text,
      definition text,
      valid_until timestamptz,
      superseded boolean not null,
      log_offset bigint not null,
      recorded_at timestamptz not null,
      known_at timestamptz not null,
      caller text not null,
      primary key (partition, budget_id, revision),
      constraint removed_has_no_settings check ((account is null) = (definition is null))
    )`.execute(db);
  await sql`create index on budget_revision (account) where not superseded`.execute(db);
}
