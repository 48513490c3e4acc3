import { sql } from 'kysely';
import type { Database } from './database';

/** Settings with which a server may lose what it has acknowledged: each with a sentence for the operator. */
const RISKS = {
  fsync:
    'Postgres has fsync=off: when its machine fails, acknowledged spends are lost and the database may be beyond repair; set it to on.',
  full_page_writes:
    'Postgres has full_page_writes=off: when its machine fails, a page that was half written stays so, unless its file system rules that out; set it to on.',
  synchronous_commit:
    'Postgres has synchronous_standby_names and synchronous_commit=local: commits wait for no standby, and when one takes over, acknowledged spends are lost; set synchronous_commit to on.',
} as const;

/** Sentences about a server that may lose acknowledged spends, though it says that they are on disk. */
export async function durabilityRisks({ kysely }: Pick<Database, 'kysely'>): Promise<string[]> {
  const { rows } = await sql<{ setting: keyof typeof RISKS }>`
    select setting from (values
      ('fsync', current_setting('fsync') = 'off'),
      ('full_page_writes', current_setting('full_page_writes') = 'off'),
      ('synchronous_commit', current_setting('synchronous_commit') = 'local'
                             and current_setting('synchronous_standby_names') <> '')
    ) as risk (setting, is_taken) where is_taken`.execute(kysely);
  return rows.map(({ setting }) => RISKS[setting]);
}
