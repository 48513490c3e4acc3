import type { Position } from '#libs/ledger';
import type { Database } from '#libs/postgres';

/** How far the projection is. */
export async function readPosition(database: Database): Promise<Position> {
  const rows = await database.kysely
    .selectFrom('projection_partition')
    .select(['partition', 'next_offset'])
    .orderBy('partition')
    .execute();
  return new Map(rows.map((row) => [row.partition, row.next_offset]));
}
