import { formatMoney, type Instant } from '#libs/ledger';
import { instants, texts, type Prepared, type PreparedStatement } from '#libs/postgres';
import type { HeldMoves, PoolMoves } from './held-moves';

const MOVE: PreparedStatement = {
  name: 'move-held',
  text: `select move_held(($1::timestamptz[])[1], $2::int[], $3::text[], $4::text[],
    $5::int[], $6::text[], $7::timestamptz[], $8::text[])`,
};

/** Counts out what has expired by now, and moves what is taken. */
export async function moveHeld(
  client: Prepared,
  now: Instant,
  { taken, expiries }: Omit<HeldMoves, 'pools'>,
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

const MOVE_POOLS: PreparedStatement = {
  name: 'move-pools',
  text: `select move_pools(($1::timestamptz[])[1], $2::int, $3::text[], $4::text[],
    $5::text[], $6::timestamptz[], $7::text[])`,
};

/**
 * Likewise on pools, in one slot. It is what a flush locks last, so that others wait for it no longer than its commit
 * takes.
 */
export async function movePools(
  client: Prepared,
  now: Instant,
  slot: number,
  { taken, expiries }: PoolMoves,
): Promise<void> {
  if (taken.length === 0) return;
  await client.prepared(MOVE_POOLS, [
    instants([now]),
    slot,
    texts(taken.map(({ account }) => account)),
    texts(taken.map(({ byPico }) => formatMoney(byPico))),
    texts(expiries.map(({ account }) => account)),
    instants(expiries.map(({ expiresAt }) => expiresAt)),
    texts(expiries.map(({ byPico }) => formatMoney(byPico))),
  ]);
}
