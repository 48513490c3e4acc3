import { sql } from 'kysely';
import type { Database } from '#libs/postgres';
import { REBUILD_SCHEMA, tablesOf } from './rebuilt-tables';

/** Whoever plans with the tables after a swap needs to know what is in them. */
export async function analyzeRebuild({ kysely }: Pick<Database, 'kysely'>): Promise<void> {
  await sql`analyze ${tablesOf(REBUILD_SCHEMA)}`.execute(kysely);
}
