import { sql, type RawBuilder } from 'kysely';
import { formatAccount, formatInstant, type Account, type Instant } from '#libs/ledger';
import { storedBounds } from '#libs/wire';
import { entriesOf } from '../account-entries';

/** Which entries: those that feed an account, or all; with `from <= time < to`, the world's time. */
export interface EntryFilter {
  readonly account?: Account | undefined;
  readonly from?: Instant | undefined;
  readonly to?: Instant | undefined;
}

/** In SQL, on `spend_event entry` of a ledger with so many partitions. */
export function filterOf(filter: EntryFilter, partitions: number): RawBuilder<boolean> {
  const { account, from = null, to = null } = filter;
  if (account === undefined) return isInTime(filter);
  const isOfAllTime = from === null && to === null;
  const bounds = isOfAllTime ? undefined : storedBounds({ start: from, end: to });
  return entriesOf(account, partitions, bounds);
}

/** Whether its entries lie among others, so that each partition's index of times is the way to the first of them. */
export function isReadByTime({ account }: EntryFilter): boolean {
  return account === undefined || account.kind === 'label' || account.kind === 'ledger';
}

function isInTime({ from, to }: Pick<EntryFilter, 'from' | 'to'>): RawBuilder<boolean> {
  const conditions = [sql`true`];
  if (from !== undefined) conditions.push(sql`entry.time >= ${formatInstant(from)}::timestamptz`);
  if (to !== undefined) conditions.push(sql`entry.time < ${formatInstant(to)}::timestamptz`);
  return sql`${sql.join(conditions, sql` and `)}`;
}

/** What makes one filter another, in a text: for tokens that are good for one filter alone. */
export function nameOfFilter({ account, from, to }: EntryFilter): string {
  const times = [from, to].map((time) => (time === undefined ? '' : formatInstant(time)));
  return JSON.stringify([account ? formatAccount(account) : '', ...times]);
}
