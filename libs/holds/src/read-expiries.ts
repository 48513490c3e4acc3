import {
  formatAccount,
  formatInstant,
  isOfScope,
  instantOf,
  picoOfDecimal,
  type Account,
  type HeldUntil,
  type Instant,
} from '#libs/ledger';
import { texts, type Prepared, type PreparedStatement } from '#libs/postgres';
import { placeOfHeld } from './held-places';

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
    union all
    select asked.account, expiry.expires_at, expiry.amount::text
    from unnest($5::text[]) as asked (account)
    cross join lateral (
      select expires_at, sum(amount) as amount from pool_expiry known
      where known.account = asked.account and known.expires_at > $3
      group by expires_at having sum(amount) > 0
      order by expires_at limit $4) expiry
    union all
    select 'person:' || asked.person, expiry.expires_at, expiry.amount::text
    from unnest($6::text[]) as asked (person)
    cross join lateral (
      select expires_at, sum(amount) as amount
      from held_account held join held_expiry known using (partition, account)
      where held.person = asked.person and known.expires_at > $3
      group by expires_at having sum(amount) > 0
      order by expires_at limit $4) expiry
    order by 2`,
};

const PERSON = 'person:';

/** By account what is held on it after an instant, by when it expires; the next ones to expire, at most so many each. */
export async function readExpiries(
  client: Prepared,
  accounts: readonly Account[],
  partitions: number,
  after: Instant,
  most: number,
): Promise<ReadonlyMap<string, readonly HeldUntil[]>> {
  const places = accounts.filter(isOfScope).map((account) => placeOfHeld(account, partitions));
  const others = accounts.filter((account) => !isOfScope(account)).map(formatAccount);
  const isPerson = (name: string) => name.startsWith(PERSON);
  const rows = await client.prepared<readonly [account: string, at: string, amount: string]>(READ, [
    places.map(({ partition }) => partition),
    texts(places.map(({ account }) => account)),
    formatInstant(after),
    most,
    texts(others.filter((name) => !isPerson(name))),
    texts(others.filter(isPerson).map((name) => name.slice(PERSON.length))),
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
