import { sql } from 'kysely';
import type { Database } from '#libs/postgres';
import { spoilRecord } from './spoil-record';

const FED_BY_SPENDS = ['key', 'user', 'team', 'member', 'pool'].flatMap((kind) =>
  ['balance', 'bucket'].map((table) => `${kind}_${table}`),
);

/**
 * As if no spend on the log had ever been projected; budgets and prices stay, unless they go too. No projector may be at work.
 */
export async function emptyProjection(database: Database, { budgets = false } = {}): Promise<void> {
  const names = [
    'spend_event',
    ...FED_BY_SPENDS,
    ...(budgets ? ['budget_revision', 'price_book'] : []),
  ];
  await spoilRecord(database, async (trx) => {
    await sql`truncate ${sql.join(names.map((name) => sql.table(name)))}`.execute(trx);
    await sql`
      update projection_partition
      set next_offset = 0, epoch = epoch + 1, known_at = null, caught_up_at = null`.execute(trx);
  });
}
