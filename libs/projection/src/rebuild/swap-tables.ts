import { sql, type Kysely, type Transaction } from 'kysely';
import { PROJECTED_TABLES, type Tables } from '#libs/postgres';
import { PROJECTION_VERSION } from '../projection-version';
import { holdProjectors, SHORT_WAIT_MS, type Held } from './hold-projectors';
import {
  LIVE_SCHEMA,
  REBUILD_SCHEMA,
  REBUILT_VIEW,
  REPLACED_SCHEMA,
  tablesOf,
} from './rebuilt-tables';

/** It waits for a vacuum, which Postgres ends after its deadlock_timeout; nobody waits behind it. */
const VACUUM_WAIT_MS = 5000;

/**
 * Puts the rebuilt tables in the place of those in use, in one transaction. Running processes go on with their prepared
 * statements, projectors with their fences.
 * @param catchUp brings the rebuilt tables to where the live ones are, which stand still meanwhile; false: not in time
 */
export async function swapTables(
  connection: Kysely<Tables>,
  catchUp: (trx: Transaction<Tables>) => Promise<boolean>,
): Promise<'swapped' | 'gave_way' | 'late'> {
  const swapped: Held<boolean> = await holdProjectors(
    connection,
    async (trx) => {
      if (!(await catchUp(trx))) return false;
      await lockAll(trx);
      await mustBeEqual(trx);
      await takeFencesOver(trx);
      await moveTables(trx);
      return true;
    },
    keepVacuumOff,
  );
  if (swapped.outcome === 'gave_way') return 'gave_way';
  return swapped.result ? 'swapped' : 'late';
}

async function keepVacuumOff(trx: Transaction<Tables>): Promise<void> {
  await sql`create schema if not exists ${sql.id(REPLACED_SCHEMA)}`.execute(trx);
  await sql`set local lock_timeout = ${sql.lit(VACUUM_WAIT_MS)}`.execute(trx);
  await sql`lock table ${tablesOf(LIVE_SCHEMA, REBUILD_SCHEMA)} in share update exclusive mode`.execute(
    trx,
  );
}

/** All of them together in so long, though each is waited for in turn. */
async function lockAll(trx: Transaction<Tables>): Promise<void> {
  const { rows } = await sql<{ before: string }>`
    select current_setting('statement_timeout') as before`.execute(trx);
  await sql`set local statement_timeout = ${sql.lit(SHORT_WAIT_MS)}`.execute(trx);
  const views = [LIVE_SCHEMA, REBUILD_SCHEMA].map((each) => sql.table(`${each}.${REBUILT_VIEW}`));
  await sql`
    lock table ${sql.join(views)}, ${tablesOf(LIVE_SCHEMA, REBUILD_SCHEMA)}
    in access exclusive mode`.execute(trx);
  await sql`select set_config('statement_timeout', ${rows[0]!.before}, true)`.execute(trx);
}

async function mustBeEqual(trx: Transaction<Tables>): Promise<void> {
  const { rows } = await sql`
    select partition from public.projection_partition live
    full join rebuild.projection_partition rebuilt using (partition)
    where live.next_offset is distinct from rebuilt.next_offset`.execute(trx);
  if (rows.length > 0) throw new Error('the rebuilt tables are not where the live ones are');
}

/** Fences every projector that must not go on, or must read its place again. */
async function takeFencesOver(trx: Transaction<Tables>): Promise<void> {
  await sql`
    update rebuild.projection_partition rebuilt
    set epoch = live.epoch + (
          live.known_at is distinct from rebuilt.known_at
          or (select projection_version from public.ledger) <> ${sql.lit(PROJECTION_VERSION)})::int,
        caught_up_at = live.caught_up_at, claims_until = live.claims_until
    from public.projection_partition live where live.partition = rebuilt.partition`.execute(trx);
  await sql`
    update public.ledger set projection_version = ${sql.lit(PROJECTION_VERSION)}
    where projection_version <> ${sql.lit(PROJECTION_VERSION)}`.execute(trx);
}

async function moveTables(trx: Transaction<Tables>): Promise<void> {
  for (const [from, to] of [
    [LIVE_SCHEMA, REPLACED_SCHEMA],
    [REBUILD_SCHEMA, LIVE_SCHEMA],
  ] as const) {
    for (const table of PROJECTED_TABLES) {
      await sql`alter table ${sql.table(`${from}.${table}`)} set schema ${sql.id(to)}`.execute(trx);
    }
    await sql`alter view ${sql.table(`${from}.${REBUILT_VIEW}`)} set schema ${sql.id(to)}`.execute(
      trx,
    );
  }
}
