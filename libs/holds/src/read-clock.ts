import { formatInstant, instantOf, type Instant } from '#libs/ledger';
import type { Prepared, PreparedStatement } from '#libs/postgres';

const READ: PreparedStatement = {
  name: 'read-flush-clock',
  text: 'select greatest(ledger_now(), $1::timestamptz)',
};

/** The moment of a flush that has its locks: now, but not before the last one of its accounts. */
export async function readFlushClock(
  client: Prepared,
  last: Instant | undefined,
): Promise<Instant> {
  const [row] = await client.prepared<readonly [string]>(READ, [
    last === undefined ? null : formatInstant(last),
  ]);
  return instantOf(row![0]);
}
