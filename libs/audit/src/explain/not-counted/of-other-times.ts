import { sql } from 'kysely';
import type { Account, Window } from '#libs/ledger';
import type { OneInstant } from '#libs/postgres';
import { storedBounds } from '#libs/wire';
import { ofAccountIn } from '../explain-window';
import { sumUp, together, type Elsewhere } from './elsewhere';

/** What became known in the time of the window and was spent at another. */
export async function ofOtherTimes(
  client: OneInstant,
  account: Account,
  span: Window,
  partitions: number,
): Promise<Elsewhere[]> {
  const { starts, ends } = storedBounds(span);
  const known = sql`entry.known_at >= ${starts}::timestamptz and entry.known_at < ${ends}::timestamptz`;
  const sum = (other: Window, reason: string) => () =>
    sumUp(client, sql`${ofAccountIn(account, other, partitions)} and ${known}`, account, reason);
  const { start, end } = span;
  return together([
    ...(start === null
      ? []
      : [sum({ start: null, end: start }, 'spent before the window, and known in it')]),
    ...(end === null
      ? []
      : [sum({ start: end, end: null }, 'spent after the window, and known in it')]),
  ]);
}
