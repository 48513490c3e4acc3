import type { Database } from '#libs/postgres';
import type { HeldAccount } from './hold-book';
import { lockAccounts } from './lock-accounts';
import { readFlushClock } from './read-clock';
import { moveHeld } from './move-held';

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
