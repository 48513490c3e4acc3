import { formatInstant, picoOfDecimal, type Account, type Instant } from '#libs/ledger';
import type { Prepared } from '#libs/postgres';
import { feeding, storedKind, tableKindOf } from '#libs/wire';
import { keptRowsOf, writeEntriesOf, type KeptRows, type Sums, type Value } from '#libs/balances';

/** Which entries count: those of a time before `until`, known up to and at `knownAt`. */
export interface AsOf {
  /** `null`: all of them. */
  readonly until: Instant | null;
  /** `undefined`: all that is known now. */
  readonly knownAt: Instant | undefined;
}

/**
 * What an account had spent in `[from, until)`, as known at a time that every partition which feeds it has reached.
 * @param client inside a transaction, for an answer of its snapshot
 */
export async function readSumAsOf(
  client: Prepared,
  account: Account,
  partitions: number,
  { from, ...asOf }: AsOf & { readonly from: Instant | null },
): Promise<Sums> {
  const [sums] = await readSumsAsOf(client, account, partitions, [from], asOf);
  return sums!;
}

/** Likewise from each of several times on, in one reading of the entries. @returns sums in the order of `froms` */
export async function readSumsAsOf(
  client: Prepared,
  account: Account,
  partitions: number,
  froms: readonly (Instant | null)[],
  asOf: AsOf,
): Promise<Sums[]> {
  const starts = [...new Set(froms)].sort(byTime);
  const read = asOf.knownAt === undefined ? readBuckets : readEntries;
  const sums = await read(client, account, partitions, starts, asOf);
  return froms.map((from) => sums[starts.indexOf(from)]!);
}

/**
 * Over the entries themselves: what became known later is left out one by one. Each is in the part between two starts,
 * and a sum is that of its part and of all later ones.
 */
async function readEntries(
  client: Prepared,
  account: Account,
  partitions: number,
  starts: readonly (Instant | null)[],
  { until, knownAt }: AsOf,
): Promise<Sums[]> {
  const values: unknown[] = [starts.map(bound), formatInstant(knownAt!)];
  const value = (given: number | string) => `$${values.push(given)}`;
  const bounds = { starts: bound(starts[0]!), ends: end(until) };
  const isOfAccount = writeEntriesOf(account, partitions, value, { bounds });
  const rows = await client.prepared<readonly [number, string, bigint]>(
    {
      name: `entries-as-of-${account.kind}`,
      text: `
        select width_bucket(time, $1::timestamptz[]), coalesce(sum(amount), 0)::text,
               count(*) filter (where amount is null) - count(*) filter (where prices)
        from spend_event entry
        where ${isOfAccount} and known_at <= $2
        group by 1`,
    },
    values,
  );
  return starts.map((_, n) => {
    const parts = rows.filter(([part]) => part > n);
    return {
      spentPico: parts.reduce((sum, [, spent]) => sum + picoOfDecimal(spent), 0n),
      unpriced: Number(parts.reduce((sum, [, , unpriced]) => sum + unpriced, 0n)),
    };
  });
}

/** Out of the buckets, and the entries at their edges; calls of unknown cost are looked for only where there are some. */
async function readBuckets(
  client: Prepared,
  account: Account,
  partitions: number,
  starts: readonly (Instant | null)[],
  { until }: AsOf,
): Promise<Sums[]> {
  const values: unknown[] = [starts.map(bound), end(until)];
  const value = (given: number | string) => `$${values.push(given)}`;
  const tables = keptRowsOf(account, partitions).map((kept) => bucketsOf(kept, value));
  const rows = await client.prepared<readonly [bigint, string, bigint]>(
    {
      name: `buckets-as-of-${account.kind === 'person' ? 'person' : tableKindOf(account)}`,
      text: tables.join(' union all '),
    },
    values,
  );
  return starts.map((_, n) => {
    const parts = rows.filter(([part]) => part === BigInt(n + 1));
    return {
      spentPico: parts.reduce((sum, [, spent]) => sum + picoOfDecimal(spent), 0n),
      unpriced: Number(parts.reduce((sum, [, , unpriced]) => sum + unpriced, 0n)),
    };
  });
}

function bucketsOf({ kind, ids, columns }: KeptRows, value: Value): string {
  const names = ids.map((id) => `b.${id}`).join(', ');
  const entries = `(
    select * from spend_event where partition = b.partition and time >= starts and time < $2)`;
  return `
    select n, ${kind}_spent(b.partition, ${names}, starts, $2)::text,
           case when b.unpriced = 0 then 0 else (
             select count(*) filter (where amount is null) - count(*) filter (where prices)
             from ${feeding(storedKind(kind), entries)}
             where ${ids.map((id) => `fed.${id} = b.${id}`).join(' and ')}) end
    from ${kind}_balance b, unnest($1::timestamptz[]) with ordinality as asked (starts, n)
    where ${columns.map(([name, given]) => `b.${name} = ${value(given)}`).join(' and ')}`;
}

function bound(from: Instant | null): string {
  return from === null ? '-infinity' : formatInstant(from);
}

function end(until: Instant | null): string {
  return until === null ? 'infinity' : formatInstant(until);
}

function byTime(a: Instant | null, b: Instant | null): number {
  if (a === b) return 0;
  return a === null || (b !== null && a < b) ? -1 : 1;
}
