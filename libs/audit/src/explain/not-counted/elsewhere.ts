import { sql, type RawBuilder } from 'kysely';
import type { Account } from '#libs/ledger';
import type { OneInstant } from '#libs/postgres';
import { SPENDS, UNPRICED } from '#libs/balances';

export interface Sums {
  readonly spent: string;
  readonly calls: bigint;
  readonly unpriced: bigint;
}

/** Spends of another account, or of another time. */
export interface Elsewhere extends Sums {
  readonly account: Account;
  readonly reason: string;
}

export const SUMS = sql`coalesce(sum(entry.amount), 0) as spent, ${SPENDS} as calls, ${UNPRICED} as unpriced`;

/** One after the other: they share a connection. */
export async function together(
  reads: readonly (() => Promise<Elsewhere[]>)[],
): Promise<Elsewhere[]> {
  const rows: Elsewhere[] = [];
  for (const read of reads) rows.push(...(await read()));
  return rows;
}

/** What the entries `entry` of an account that meet a condition come to; nothing if there are none. */
export async function sumUp(
  client: OneInstant,
  condition: RawBuilder<unknown>,
  account: Account,
  reason: string,
): Promise<Elsewhere[]> {
  const { rows } = await sql<Sums & { entries: bigint }>`
    select ${SUMS}, count(*) as entries from spend_event entry where ${condition}`.execute(client);
  const { entries, ...sums } = rows[0]!;
  return entries === 0n ? [] : [{ account, ...sums, reason }];
}
