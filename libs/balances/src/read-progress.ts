import { sql } from 'kysely';
import { formatInstant, formatPosition, instantOf, millisBetween } from '#libs/ledger';
import type { Database } from '#libs/postgres';

/** How far the projection is with the log, partition by partition. */
export interface Progress {
  readonly partitions: readonly PartitionProgress[];
  /** Of the partition that is furthest behind; `null`: one has never caught up. */
  readonly lagMs: number | null;
  readonly position: string;
  /** Up to when all of it is in the balances; `null` likewise. */
  readonly asOf: string | null;
  /** By the database's clock. */
  readonly now: string;
}

export interface PartitionProgress {
  readonly partition: number;
  /** As a decimal. */
  readonly nextOffset: string;
  /** When the latest event of it became known; `null`: there is none. */
  readonly knownAt: string | null;
  /** Up to when everything of it is in the balances; `null`: it has never caught up. */
  readonly caughtUpAt: string | null;
  readonly lagMs: number | null;
}

interface Row {
  readonly partition: number;
  readonly next_offset: bigint;
  readonly known_at: string | null;
  readonly caught_up_at: string | null;
  readonly now: string;
}

/** Out of the fences of the database, so that every process says the same. */
export async function readProgress({ kysely }: Pick<Database, 'kysely'>): Promise<Progress> {
  const { rows } = await sql<Row>`
    select partition, next_offset, known_at, caught_up_at, ledger_now() as now
    from projection_partition order by partition`.execute(kysely);
  const partitions = rows.map(printPartition);
  const lags = partitions.map(({ lagMs }) => lagMs);
  return {
    partitions,
    lagMs: lags.includes(null) ? null : Math.max(0, ...lags.map((lag) => lag ?? 0)),
    asOf: asOf(rows),
    position: formatPosition(new Map(rows.map((row) => [row.partition, row.next_offset]))),
    now: formatInstant(instantOf(rows[0]!.now)),
  };
}

function asOf(rows: readonly Row[]): string | null {
  const times = rows.map((row) => row.caught_up_at);
  if (times.includes(null)) return null;
  const instants = times.map((time) => instantOf(time!));
  return formatInstant(instants.reduce((first, each) => (each < first ? each : first)));
}

function printPartition(row: Row): PartitionProgress {
  const { partition, next_offset: nextOffset, known_at: knownAt, caught_up_at: caughtUpAt } = row;
  return {
    partition,
    nextOffset: nextOffset.toString(),
    knownAt: printed(knownAt),
    caughtUpAt: printed(caughtUpAt),
    lagMs: caughtUpAt === null ? null : millisBetween(instantOf(caughtUpAt), instantOf(row.now)),
  };
}

const printed = (time: string | null) => (time === null ? null : formatInstant(instantOf(time)));
