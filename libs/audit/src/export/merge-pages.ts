import type { Instant } from '#libs/ledger';

export interface Ordered {
  readonly knownAt: Instant;
  readonly partition: number;
}

/** Gives the next rows of a source, in order; none: it has no more. */
export type NextPage<T> = () => Promise<readonly T[]>;

/** A source with the page that is being read. */
interface Reading<T> {
  readonly next: NextPage<T>;
  page: readonly T[];
  at: number;
}

/**
 * Brings the rows of sources, each in order, into one order: by `knownAt`, then by partition. It holds one page of each
 * source, and at most `size` rows that are on their way to `take`.
 */
export async function mergePages<T extends Ordered>(
  sources: readonly NextPage<T>[],
  size: number,
  take: (rows: readonly T[]) => Promise<void>,
): Promise<void> {
  const heap: Reading<T>[] = [];
  for (const next of sources) {
    const reading = { next, page: await next(), at: 0 };
    if (reading.page.length > 0) heap.push(reading);
  }
  for (let root = heap.length >> 1; root >= 0; root--) sink(heap, root);
  let taken: T[] = [];
  while (heap.length > 0) {
    const first = heap[0]!;
    taken.push(first.page[first.at++]!);
    if (first.at === first.page.length) {
      first.page = await first.next();
      first.at = 0;
      if (first.page.length === 0) {
        const last = heap.pop()!;
        if (heap.length > 0) heap[0] = last;
      }
    }
    sink(heap, 0);
    if (taken.length >= size || heap.length === 0) {
      await take(taken);
      taken = [];
    }
  }
}

/** Restores a heap whose row at `root` has become greater. */
function sink<T extends Ordered>(heap: Reading<T>[], root: number): void {
  for (let at = root; ;) {
    let least = at;
    for (const child of [2 * at + 1, 2 * at + 2]) {
      if (child < heap.length && isBefore(heap[child]!, heap[least]!)) least = child;
    }
    if (least === at) return;
    [heap[at], heap[least]] = [heap[least]!, heap[at]!];
    at = least;
  }
}

function isBefore<T extends Ordered>(one: Reading<T>, other: Reading<T>): boolean {
  const [a, b] = [one.page[one.at]!, other.page[other.at]!];
  return a.knownAt === b.knownAt ? a.partition < b.partition : a.knownAt < b.knownAt;
}
