import { sql } from 'kysely';
import type { Account, Window } from '#libs/ledger';
import type { OneInstant } from '#libs/postgres';
import { storedBounds } from '#libs/wire';
import { entriesOf } from '#libs/balances';
import { sumUp, together, type Elsewhere } from './elsewhere';

/** What became known in the time of the window and was spent at another. */
export async function ofOtherTimes(
  client: OneInstant,
  account: Account,
  span: Window,
  partitions: number,
): Promise<Elsewhere[]> {
  if (span.start === null && span.end === null) return [];
  const { starts, ends } = storedBounds(span);
  const own = entriesOf(account, partitions);
  const known = sql`entry.known_at >= ${starts}::timestamptz and entry.known_at < ${ends}::timestamptz`;
  return together([
    () =>
      sumUp(
        client,
        sql`${own} and ${known} and entry.time < ${starts}::timestamptz`,
        account,
        'spent before the window, and known in it',
      ),
    () =>
      sumUp(
        client,
        sql`${own} and ${known} and entry.time >= ${ends}::timestamptz`,
        account,
        'spent after the window, and known in it',
      ),
  ]);
}
