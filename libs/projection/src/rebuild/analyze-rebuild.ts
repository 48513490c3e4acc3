import { sql } from 'kysely';
import type { Database } from '#libs/postgres';
import { REBUILD_SCHEMA, tablesOf } from './rebuilt-tables';

/** After a swap the planner needs statistics of the tables. */
export async function analyzeRebuild({ kysely }: Pick<Database, 'kysely'>): Promise<void> {
  await sql`analyze ${tablesOf(REBUILD_SCHEMA)}`.execute(kysely);
}
