import { sql } from 'kysely';
import { StartRefused } from '#libs/runtime';
import { findClaimsOfTail } from '#libs/spend-log';
import type { OpenLedger } from '#libs/opening';

/**
 * A ledger that was made anew over an old log, or is a backup of before, gets its claims and its held money again, which
 * no projector writes otherwise, and its role may not.
 * @throws StartRefused
 */
export async function refuseToRestore({ database, log, facts }: OpenLedger): Promise<void> {
  const { rows } = await sql<{ restores: boolean; may: boolean }>`
    select exists (select from projection_partition where next_offset < claims_until) as restores,
           has_table_privilege('event_claim', 'insert') as may`.execute(database.kysely);
  const { restores, may } = rows[0]!;
  if (may) return;
  if (restores) throw new StartRefused(`This ledger was made anew over an old log${BY_THE_OWNER}`);
  if (facts.logId === null) return;
  const parts = { database, log, rules: facts };
  const found = await findClaimsOfTail(parts, await log.endOffsets(), NEVER);
  if (found === 'missing') {
    throw new StartRefused(`This database is older than its log: it is a backup${BY_THE_OWNER}`);
  }
}

const NEVER = new AbortController().signal;
const BY_THE_OWNER =
  ', and the user in DATABASE_URL may not make its claims again: run the projector as the owner of the database until it has read that log.';
