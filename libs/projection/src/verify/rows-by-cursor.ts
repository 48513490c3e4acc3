import { sql, type RawBuilder } from 'kysely';
import type { Snapshot } from './snapshot';

const AT_ONCE = 2000;

/** Reads what is too much for memory, the next rows while the last ones are looked at. */
export async function* rowsByCursor<Row>(
  trx: Snapshot,
  query: RawBuilder<unknown>,
  atOnce = AT_ONCE,
): AsyncGenerator<readonly Row[]> {
  await sql`declare verified no scroll cursor for ${query}`.execute(trx);
  const fetch = () => sql<Row>`fetch ${sql.lit(atOnce)} from verified`.execute(trx);
  let next = fetch();
  try {
    for (;;) {
      const { rows } = await next;
      if (rows.length === 0) break;
      next = fetch();
      yield rows;
    }
  } finally {
    await next;
    await sql`close verified`.execute(trx);
  }
}
