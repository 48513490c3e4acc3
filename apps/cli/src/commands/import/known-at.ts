import type { Instant } from '#libs/ledger';

/** Reckons, as the projector will, when each partition's events are known. */
export class KnownAt {
  private readonly last = new Map<number, Instant>();

  /**
   * The next event of a partition.
   * @returns the time of a mark that has to come before it, so that it is known when it was: something between it and the
   *   event before it is no longer there
   */
  next(partition: number, recordedAt: Instant, knownAt: Instant): Instant | undefined {
    const last = this.last.get(partition);
    const byItself = last === undefined || recordedAt > last ? recordedAt : last + 1n;
    // Of partitions that have become one, two events can have been known at one instant.
    this.last.set(partition, knownAt > byItself ? knownAt : byItself);
    return knownAt > byItself ? knownAt - 1n : undefined;
  }
}
