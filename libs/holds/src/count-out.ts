import { texts, type Database, type PreparedStatement } from '#libs/postgres';
import type { HeldAccount } from './held-places';
import { lockAccounts } from './lock-accounts';
import { readFlushClock } from './read-clock';
import { moveHeld } from './move-held';

const COUNT_OUT_POOLS: PreparedStatement = {
  name: 'count-out-pools',
  text: 'select count_out_pools($1::text[])',
};

/** Counts out what has expired on accounts, as any flush of theirs does: it changes no answer. */
export async function countOut(
  database: Database,
  accounts: readonly HeldAccount[],
): Promise<void> {
  await database.atomically(async (client) => {
    const last = await lockAccounts(client, accounts);
    const now = await readFlushClock(client, last);
    await moveHeld(client, now, {
      taken: accounts.map((account) => ({ ...account, byPico: 0n })),
      expiries: [],
    });
  });
}

/** Likewise on pools, in the slots of all processes. */
export async function countOutPools(
  database: Database,
  accounts: readonly string[],
): Promise<void> {
  await database.atomically((client) => client.prepared(COUNT_OUT_POOLS, [texts(accounts)]));
}
