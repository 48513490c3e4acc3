import { sql, type RawBuilder } from 'kysely';
import { PROJECTED_TABLES } from '#libs/postgres';

/** Where a rebuild writes. */
export const REBUILD_SCHEMA = 'rebuild';
/** Where a swap puts the tables that were in use, until they are dropped. */
export const REPLACED_SCHEMA = 'replaced';
/** The ledger's own schema. */
export const LIVE_SCHEMA = 'public';

/** It reads one of the tables, and goes with it. */
export const REBUILT_VIEW = 'budget_in_force';

/** The tables of schemas, for `lock table`. */
export function tablesOf(...schemas: readonly string[]): RawBuilder<unknown> {
  return sql.join(
    schemas.flatMap((schema) => PROJECTED_TABLES.map((table) => sql.table(`${schema}.${table}`))),
  );
}
