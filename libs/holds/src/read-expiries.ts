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

/**
 * What is held of an account stands in parts: in each slot of a pool, on each account of a person. Of each part the next
 * ones are read, and no others: what is held for long by many is not read to say what is free soon.
 */
const READ: PreparedStatement = {
  name: 'read-expiries',
  text: `
    select asked.account, '', expiry.expires_at, expiry.amount::text
    from unnest($1::int[], $2::text[]) as asked (partition, account)
    cross join lateral (
      select expires_at, amount from held_expiry known
      where known.partition = asked.partition and known.account = asked.account
        and known.expires_at > $3 and known.amount > 0
      order by known.expires_at limit $4) expiry
    union all
    select asked.account, slot || ' ' || model, expiry.expires_at, expiry.amount::text
    from unnest($5::text[]) as asked (account)
    cross join lateral (
      select slot, model from pool_held known where known.account = asked.account offset 0) part
    cross join lateral (
      select expires_at, amount from pool_expiry known
      where known.account = asked.account and known.slot = part.slot and known.model = part.model
        and known.expires_at > $3 and known.amount <> 0
      order by known.expires_at limit $4) expiry
    union all
    select 'person:' || asked.person, part.account, expiry.expires_at, expiry.amount::text
    from unnest($6::text[]) as asked (person)
    cross join lateral (
      select partition, account from held_account known where known.person = asked.person offset 0) part
    cross join lateral (
      select expires_at, amount from held_expiry known
      where known.partition = part.partition and known.account = part.account
        and known.expires_at > $3 and known.amount > 0
      order by known.expires_at limit $4) expiry
    order by 3`,
};

const PERSON = 'person:';

/** What is held on an account and expires, in the order of time. */
export interface Expiries {
  readonly next: readonly HeldUntil[];
  /** More may expire after these. */
  readonly hasMore: boolean;
}

/** By account what is held on it after an instant, by when it expires; the next ones to expire, at most so many each. */
export async function readExpiries(
  client: Prepared,
  accounts: readonly Account[],
  partitions: number,
  after: Instant,
  most: number,
): Promise<ReadonlyMap<string, Expiries>> {
  const places = accounts.filter(isOfScope).map((account) => placeOfHeld(account, partitions));
  const others = accounts.filter((account) => !isOfScope(account)).map(formatAccount);
  const isPerson = (name: string) => name.startsWith(PERSON);
  const rows = await client.prepared<ExpiryRow>(READ, [
    places.map(({ partition }) => partition),
    texts(places.map(({ account }) => account)),
    formatInstant(after),
    most,
    texts(others.filter((name) => !isPerson(name))),
    texts(others.filter(isPerson).map((name) => name.slice(PERSON.length))),
  ]);
  const byAccount = Map.groupBy(rows, ([account]) => account);
  return new Map([...byAccount].map(([account, all]) => [account, addUp(all, most)]));
}

type ExpiryRow = readonly [account: string, part: string, at: string, amount: string];

/** A part of which the most were read may have others after its last one: up to there the sums are whole. */
function addUp(rows: readonly ExpiryRow[], most: number): Expiries {
  const sums = new Map<Instant, bigint>();
  const counts = new Map<string, number>();
  let wholeTo: Instant | undefined;
  for (const [, part, time, amount] of rows) {
    const at = instantOf(time);
    if (wholeTo !== undefined && at > wholeTo) break;
    sums.set(at, (sums.get(at) ?? 0n) + picoOfDecimal(amount));
    const count = (counts.get(part) ?? 0) + 1;
    counts.set(part, count);
    if (count === most) wholeTo ??= at;
  }
  const all = [...sums]
    .filter(([, amountPico]) => amountPico > 0n)
    .map(([at, amountPico]) => ({ at, amountPico }));
  return { next: all.slice(0, most), hasMore: wholeTo !== undefined || all.length > most };
}
