import { sql } from 'kysely';
import type { Database } from '#libs/postgres';
import type { LedgerProcess } from './ledger-process';
import { waitUntil } from './wait-until';

/** The partitions that a process reads, as its metrics say. */
export async function partitionsReadBy({ httpUrl }: LedgerProcess): Promise<number[]> {
  const text = await (await fetch(`${httpUrl}/metrics`)).text();
  const lines = text.matchAll(/^projector_next_offset\{partition="(\d+)"\}/gm);
  return [...lines].map(([, partition]) => Number(partition));
}

/** Waits until each of these processes reads so many partitions, and holds the leases for them. */
export async function waitForShares(
  database: Database,
  shares: ReadonlyMap<LedgerProcess, number>,
): Promise<void> {
  const wanted = [...shares.values()].sort().join();
  await waitUntil(`the leases are shared ${wanted}`, async () => {
    if ((await leaseCounts(database)).sort().join() !== wanted) return false;
    const read = [...shares].map(async ([ledger, share]) => {
      return (await partitionsReadBy(ledger)).length === share;
    });
    return (await Promise.all(read)).every(Boolean);
  });
}

async function leaseCounts({ kysely }: Database): Promise<number[]> {
  const { rows } = await sql<{ count: bigint }>`
    select count(*) from log_lease where lease_until >= ledger_now() and owner is not null
    group by owner`.execute(kysely);
  return rows.map(({ count }) => Number(count));
}
