/** A partition whose projection lacks what the log held longer ago than it may. */
export interface PartitionBehind {
  readonly partition: number;
  /** `null`: it never had all of the log. */
  readonly lagMs: number | null;
  /** How many records it has to read; `undefined`: not known. */
  readonly records: bigint | undefined;
  readonly cause: string | undefined;
}

/** The one that is furthest behind, with its cause, and the numbers of the others. */
export function sentenceOf(behind: readonly PartitionBehind[]): string {
  const [worst, ...others] = [...behind].sort((a, b) => ageOf(b) - ageOf(a));
  const { partition, lagMs, records = 0n, cause } = worst!;
  const state =
    lagMs === null
      ? 'has never been read to its end'
      : `is ${Math.floor(lagMs / 1000)} s behind, more than MAX_LAG`;
  const reason =
    cause ?? (records > 0n ? `${records} records are still to be read` : 'nobody says why');
  const more = others.slice(0, MOST_NAMED).map((other) => other.partition);
  const left = others.length - more.length;
  const also =
    others.length === 0
      ? ''
      : ` Also behind: ${more.join(', ')}${left > 0 ? ` and ${left} more` : ''}.`;
  return `Partition ${partition} of the log ${state}: ${reason}.${also}`;
}

const MOST_NAMED = 20;

const ageOf = ({ lagMs, cause }: PartitionBehind): number =>
  // Those of which it is known why come first.
  (cause === undefined ? 0 : Number.MAX_SAFE_INTEGER / 2) + (lagMs ?? Number.MAX_SAFE_INTEGER / 4);
