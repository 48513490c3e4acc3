import { sql } from 'kysely';
import { formatInstant, instantOf, type Instant } from '#libs/ledger';
import type { Database, Prepared, PreparedStatement } from '#libs/postgres';
import { isOurProjection, OtherProjection, projectionMisfit } from './projection-version';

/** Who may write a partition's rows: the holder of the epoch, from the next offset on. */
export interface Fence {
  readonly partition: number;
  readonly epoch: bigint;
  readonly nextOffset: bigint;
}

/** What else a projector has to know of a partition that it takes over. */
export interface Progress {
  readonly knownAt: Instant | undefined;
  /** Records before this offset are older than the ledger's database, which has to get their claims again. */
  readonly claimsUntil: bigint;
  /** Of records before this offset the database has, or had, what was claimed. */
  readonly knownEnd: bigint;
}

/**
 * Takes a partition over: its former projector can write no more.
 * @throws OtherProjection
 */
export async function fencePartition(
  database: Database,
  partition: number,
): Promise<Fence & Progress> {
  const row = await database.kysely
    .updateTable('projection_partition')
    .set({ epoch: sql`epoch + 1` })
    .where('partition', '=', partition)
    .where(isOurProjection)
    .returning(['epoch', 'next_offset', 'known_at', 'claims_until'])
    .returning((row) =>
      row
        .selectFrom('log_partition')
        .select('end_offset')
        .whereRef('log_partition.partition', '=', 'projection_partition.partition')
        .as('end_offset'),
    )
    .executeTakeFirst();
  if (!row) throw new OtherProjection(await projectionMisfit(database));
  const end = row.end_offset ?? 0n;
  return {
    partition,
    epoch: row.epoch,
    nextOffset: row.next_offset,
    knownAt: row.known_at === null ? undefined : instantOf(row.known_at),
    claimsUntil: row.claims_until,
    knownEnd: end > row.next_offset ? end : row.next_offset,
  };
}

const PASS: PreparedStatement = {
  name: 'pass-fence',
  text: `
    update projection_partition
    set next_offset = $4, known_at = $5, caught_up_at = coalesce($6, caught_up_at)
    where partition = $1 and epoch = $2 and next_offset = $3
    returning partition`,
};

/**
 * The first statement of every batch: moves the offset on if the epoch and the offset are still this projector's, and
 * locks the row until the commit.
 * @returns false: another projector has the partition, nothing may be written
 */
export async function passFence(
  client: Prepared,
  { partition, epoch, nextOffset }: Fence,
  to: {
    readonly nextOffset: bigint;
    readonly knownAt: Instant | undefined;
    readonly caughtUpAt: Instant | undefined;
  },
): Promise<boolean> {
  const [knownAt, caughtUpAt] = [to.knownAt, to.caughtUpAt].map((at) =>
    at === undefined ? null : formatInstant(at),
  );
  const passed = await client.prepared(PASS, [
    partition,
    epoch,
    nextOffset,
    to.nextOffset,
    knownAt,
    caughtUpAt,
  ]);
  return passed.length === 1;
}

/**
 * Says of idle partitions that they had everything at `at`, unless another projector has them by now.
 * @returns those that another one has
 */
export async function markCaughtUp(
  database: Database,
  fences: readonly Fence[],
  at: Instant,
): Promise<readonly number[]> {
  const { rows: mine } = await sql<{ partition: number }>`
    update projection_partition p set caught_up_at = ${formatInstant(at)}
    from (
      select p.partition from projection_partition p
      join unnest(${fences.map((fence) => fence.partition)}::int[], ${fences.map((fence) => fence.epoch)}::bigint[])
        as fence (partition, epoch) using (partition, epoch)
      order by p.partition for update of p
    ) mine
    where p.partition = mine.partition
    returning p.partition`.execute(database.kysely);
  const marked = new Set(mine.map(({ partition }) => partition));
  return fences.map(({ partition }) => partition).filter((partition) => !marked.has(partition));
}
