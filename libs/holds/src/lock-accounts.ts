import { instantOf, type Instant } from '#libs/ledger';
import { texts, type Prepared, type PreparedStatement } from '#libs/postgres';
import type { HeldAccount } from './held-places';

const LOCK: PreparedStatement = {
  name: 'lock-held-accounts',
  text: 'select lock_held($1::int[], $2::text[])',
};

/**
 * Locks the held money of accounts, in the order of their keys, until the transaction ends. What is read in the
 * statements after it is what stood when the locks were had.
 * @returns the last moment at which any of them was written; no later flush of theirs may be before it
 */
export async function lockAccounts(
  client: Prepared,
  accounts: Iterable<HeldAccount>,
): Promise<Instant | undefined> {
  const each = new Map([...accounts].map((held) => [held.account, held]));
  const all = [...each.values()];
  const [row] = await client.prepared<readonly [string | null]>(LOCK, [
    all.map(({ partition }) => partition),
    texts(all.map(({ account }) => account)),
  ]);
  const latest = row![0];
  return latest === null ? undefined : instantOf(latest);
}
