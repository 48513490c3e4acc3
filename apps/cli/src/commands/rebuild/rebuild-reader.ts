import type { RebuiltFence, RebuiltProjection } from '#libs/projection';
import type { Batch, PartitionFence, PartitionReader } from '#libs/spend-log';
import type { LogRecord } from '#libs/wire';
import { Slots } from './slots';

/** After so many failures in a row it gives up. */
const MOST_FAILURES = 10;

/**
 * Writes what it reads beside the live projection, and never further than that is: what comes later waits in memory
 * until its bound is moved.
 */
export class RebuildReader implements PartitionReader {
  private readonly fences = new Map<number, RebuiltFence>();
  private readonly bounds = new Map<number, bigint>();
  private moved = Promise.withResolvers<void>();
  private readonly slots: Slots;
  private isStopped = false;
  private failures = 0;
  private failure: unknown;

  constructor(
    private readonly rebuilt: Pick<RebuiltProjection, 'fence' | 'apply' | 'sum'>,
    parallel: number,
  ) {
    this.slots = new Slots(parallel);
  }

  async fence(partition: number): Promise<PartitionFence> {
    const fence = await this.rebuilt.fence(partition);
    this.fences.set(partition, fence);
    return fence;
  }

  async apply({ fence: { partition, epoch }, records }: Batch): Promise<'applied' | 'fenced'> {
    for (let rest = records; rest.length > 0;) {
      const ready = await this.withinBound(partition, rest);
      const fence = this.fences.get(partition);
      if (ready.length === 0 || fence?.epoch !== epoch) return 'fenced';
      const next = await this.watched(() =>
        this.slots.take(() => this.rebuilt.apply(fence, ready)),
      );
      if (!next) return 'fenced';
      this.fences.set(partition, next);
      rest = rest.slice(ready.length);
      this.tellMoved();
    }
    return 'applied';
  }

  caughtUp(): Promise<readonly number[]> {
    return Promise.resolve([]);
  }

  /** Sums what was read up to now; what is read from now on is added. */
  async sum(): Promise<void> {
    await Promise.all(
      [...this.bounds.keys()].map((partition) =>
        this.slots.take(() => this.rebuilt.sum(partition)),
      ),
    );
  }

  /** Up to where the live projection is. */
  allow(offsets: readonly { readonly partition: number; readonly nextOffset: bigint }[]): void {
    for (const { partition, nextOffset } of offsets) this.bounds.set(partition, nextOffset);
    this.tellMoved();
  }

  /** How many records it has written of each partition, and how many it may. @throws when it has given up */
  progress(): { readonly done: bigint; readonly of: bigint } {
    if (this.failures >= MOST_FAILURES) throw this.failure;
    let [done, of] = [0n, 0n];
    for (const [partition, bound] of this.bounds) {
      done += this.fences.get(partition)?.nextOffset ?? 0n;
      of += bound;
    }
    return { done, of };
  }

  /** Waits until it has come to its bounds. @returns false: not in time */
  async reachesBounds(waitMs: number): Promise<boolean> {
    const deadline = performance.now() + waitMs;
    const isThere = () =>
      [...this.bounds].every(
        ([partition, bound]) => this.fences.get(partition)?.nextOffset === bound,
      );
    while (!isThere() && performance.now() < deadline && !this.isStopped) {
      const late = Promise.withResolvers<void>();
      const timer = setTimeout(late.resolve, deadline - performance.now());
      await Promise.race([this.moved.promise, late.promise]);
      clearTimeout(timer);
    }
    return isThere();
  }

  /** Nothing more is written; what waits is given up. */
  stop(): void {
    this.isStopped = true;
    this.tellMoved();
  }

  private async withinBound(
    partition: number,
    records: readonly LogRecord[],
  ): Promise<readonly LogRecord[]> {
    for (;;) {
      if (this.isStopped) return [];
      const bound = this.bounds.get(partition) ?? 0n;
      const count = records.findIndex(({ offset }) => offset >= bound);
      if (count !== 0) return count === -1 ? records : records.slice(0, count);
      await this.moved.promise;
    }
  }

  private tellMoved(): void {
    this.moved.resolve();
    this.moved = Promise.withResolvers<void>();
  }

  private async watched<T>(write: () => Promise<T>): Promise<T> {
    try {
      const result = await write();
      this.failures = 0;
      return result;
    } catch (error) {
      this.failures += 1;
      this.failure = error;
      throw error;
    }
  }
}
