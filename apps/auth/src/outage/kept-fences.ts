import type { Fence } from '#libs/balances';
import type { Instant } from '#libs/ledger';

/** The fences of a snapshot in 16 bytes a partition: of each account that is remembered there may be others. */
export class KeptFences {
  private readonly numbers: BigInt64Array;

  /** @param now the ledger's clock when they stood so */
  constructor(
    readonly now: Instant,
    fences: ReadonlyMap<number, Fence>,
  ) {
    this.numbers = new BigInt64Array(2 * fences.size);
    for (const [partition, { nextOffset, caughtUpAt }] of fences) {
      this.numbers[2 * partition] = nextOffset;
      this.numbers[2 * partition + 1] = caughtUpAt ?? NEVER;
    }
  }

  unpack(): Map<number, Fence> {
    const fences = new Map<number, Fence>();
    for (let at = 0; at < this.numbers.length; at += 2) {
      const caughtUpAt = this.numbers[at + 1]!;
      fences.set(at / 2, {
        nextOffset: this.numbers[at]!,
        caughtUpAt: caughtUpAt === NEVER ? undefined : caughtUpAt,
      });
    }
    return fences;
  }
}

const NEVER = -(2n ** 63n);
