import { sql } from 'kysely';
import type { Database } from '#libs/postgres';
import { StartRefused } from '#libs/runtime';

/**
 * A ledger that was made anew over an old log gets its claims and its held money again, which no projector writes
 * otherwise, and its role may not.
 * @throws StartRefused
 */
export async function refuseToRestore({ kysely }: Pick<Database, 'kysely'>): Promise<void> {
  const { rows } = await sql<{ restores: boolean; may: boolean }>`
    select exists (select from projection_partition where next_offset < claims_until) as restores,
           has_table_privilege('event_claim', 'insert') as may`.execute(kysely);
  const { restores, may } = rows[0]!;
  if (!restores || may) return;
  throw new StartRefused(
    'This ledger was made anew over an old log, and the user in DATABASE_URL may not make its claims again: run the projector as the owner of the database until it has read that log.',
  );
}
