/** A partition's lease as the database has it; `owner` is null when nobody holds it now. */
export interface Lease {
  readonly partition: number;
  readonly owner: string | null;
}

/**
 * Which partitions a reader should hold: as many as its even share, keeping those it has and taking only free ones, so
 * that every reader comes to the same division by itself.
 * @param readers all living readers, this one among them
 */
export function sharePartitions(
  leases: readonly Lease[],
  readers: readonly string[],
  me: string,
): readonly number[] {
  const rank = [...readers].sort().indexOf(me);
  const least = Math.floor(leases.length / readers.length);
  const share = least + (rank < leases.length % readers.length ? 1 : 0);
  const mine = leases.filter(({ owner }) => owner === me);
  const free = leases.filter(({ owner }) => owner === null);
  return [...mine, ...free].slice(0, share).map(({ partition }) => partition);
}
