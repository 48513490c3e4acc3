import { formatMoney, type Instant } from '#libs/ledger';
import { instants, texts, type Prepared, type PreparedStatement } from '#libs/postgres';
import type { HeldMoves } from './hold-book';

const MOVE: PreparedStatement = {
  name: 'move-held',
  text: `select move_held(($1::timestamptz[])[1], $2::int[], $3::text[], $4::text[],
    $5::int[], $6::text[], $7::timestamptz[], $8::text[])`,
};

/** Counts out what has expired by now, and moves what is taken. */
export async function moveHeld(
  client: Prepared,
  now: Instant,
  { taken, expiries }: HeldMoves,
): Promise<void> {
  await client.prepared(MOVE, [
    instants([now]),
    taken.map(({ partition }) => partition),
    texts(taken.map(({ account }) => account)),
    texts(taken.map(({ byPico }) => formatMoney(byPico))),
    expiries.map(({ partition }) => partition),
    texts(expiries.map(({ account }) => account)),
    instants(expiries.map(({ expiresAt }) => expiresAt)),
    texts(expiries.map(({ byPico }) => formatMoney(byPico))),
  ]);
}
