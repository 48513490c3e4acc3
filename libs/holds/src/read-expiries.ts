import {
  formatInstant,
  instantOf,
  picoOfDecimal,
  type HeldUntil,
  type Instant,
} from '#libs/ledger';
import { texts, type Prepared, type PreparedStatement } from '#libs/postgres';
import type { HeldAccount } from './hold-book';

const READ: PreparedStatement = {
  name: 'read-expiries',
  text: `
    select asked.account, expiry.expires_at, expiry.amount::text
    from unnest($1::int[], $2::text[]) as asked (partition, account)
    cross join lateral (
      select expires_at, amount from held_expiry known
      where known.partition = asked.partition and known.account = asked.account
        and known.expires_at > $3 and known.amount > 0
      order by known.expires_at limit $4) expiry
    order by expiry.expires_at`,
};

/** By account what is held on it after an instant, by when it expires; the next ones to expire, at most so many each. */
export async function readExpiries(
  client: Prepared,
  accounts: readonly HeldAccount[],
  after: Instant,
  most: number,
): Promise<ReadonlyMap<string, readonly HeldUntil[]>> {
  const rows = await client.prepared<readonly [account: string, at: string, amount: string]>(READ, [
    accounts.map(({ partition }) => partition),
    texts(accounts.map(({ account }) => account)),
    formatInstant(after),
    most,
  ]);
  const byAccount = new Map<string, HeldUntil[]>();
  for (const [account, at, amount] of rows) {
    const expiry = { at: instantOf(at), amountPico: picoOfDecimal(amount) };
    const known = byAccount.get(account);
    if (known) known.push(expiry);
    else byAccount.set(account, [expiry]);
  }
  return byAccount;
}
