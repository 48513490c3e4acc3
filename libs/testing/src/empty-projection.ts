import { sql } from 'kysely';
import type { Database } from '#libs/postgres';

const FED_BY_SPENDS = ['key', 'user', 'team', 'member'].flatMap((kind) =>
  ['balance', 'bucket'].map((table) => `${kind}_${table}`),
);

/** As if no spend on the log had ever been projected; budgets stay. No projector may be at work. */
export async function emptyProjection({ kysely }: Database): Promise<void> {
  const tables = ['spend_event', ...FED_BY_SPENDS].map((table) => sql.table(table));
  await sql`truncate ${sql.join(tables)}`.execute(kysely);
  await sql`
    update projection_partition
    set next_offset = 0, epoch = epoch + 1, known_at = null, caught_up_at = null`.execute(kysely);
}
