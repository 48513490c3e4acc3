import { formatInstant } from '#libs/ledger';
import type { Prepared, PreparedStatement } from '#libs/postgres';
import type { PricesSet } from '#libs/wire';
import type { Known } from './plan-batch';

const INSERT: PreparedStatement = {
  name: 'write-price-books',
  text: `
    insert into price_book (
      partition, version, document, log_offset, recorded_at, known_at, caller, content_hash)
    select $1::int, given.*
    from unnest(
      $2::text[], $3::text[], $4::bigint[], $5::timestamptz[], $6::timestamptz[], $7::text[], $8::text[])
      as given (version, document, log_offset, recorded_at, known_at, caller, content_hash)
    order by version, log_offset
    on conflict do nothing`,
};

/** A version is set once, however often the log has it: the first one stays. */
export async function writePriceBooks(
  client: Prepared,
  partition: number,
  prices: readonly Known<PricesSet>[],
): Promise<void> {
  await client.prepared(INSERT, [
    partition,
    prices.map(({ book }) => book.version),
    prices.map(({ book }) => JSON.stringify(book.document)),
    prices.map(({ offset }) => offset),
    prices.map(({ recordedAt }) => formatInstant(recordedAt)),
    prices.map(({ knownAt }) => formatInstant(knownAt)),
    prices.map(({ caller }) => caller),
    prices.map(({ contentHash }) => contentHash),
  ]);
}
