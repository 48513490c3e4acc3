import { Problem } from '#libs/runtime';

export interface QuotaParts {
  /** Most holds of one caller that live at once. */
  readonly most: number;
  /** Counts in the database the holds of a caller that live, up to `most`. */
  readonly countLiving: (caller: string, most: number) => Promise<number>;
  readonly onRefused: () => void;
  readonly monotonicMs: () => number;
}

/** Of one caller: what was counted last, and what was let in since. */
interface Counted {
  living: number;
  since: number;
  countedAt: number;
  /** Whether the last count came to an end. */
  isKnown: boolean;
  counting: Promise<void> | undefined;
}

const LEAST_BETWEEN_COUNTS_MS = 1_000;

/**
 * How many holds of one caller may live. It counts what it lets in, and asks the database only when that comes to the
 * limit: of a caller whose holds end in time that is seldom, and the number is small then.
 */
export class HoldQuota {
  private readonly callers = new Map<string, Counted>();

  constructor(private readonly parts: QuotaParts) {}

  /** @throws Problem `overloaded` */
  async admit(caller: string): Promise<void> {
    const counted = this.of(caller);
    if (this.takes(counted)) return;
    await this.count(caller, counted);
    if (this.takes(counted)) return;
    // Those that were let in may have ended. Without a count no caller is refused who was below the limit at the last.
    if (!counted.isKnown && counted.living < this.parts.most) return;
    this.parts.onRefused();
    const detail = `The caller has ${this.parts.most} holds that live. Settle or release some first.`;
    throw new Problem('overloaded', detail, { retryAfterSeconds: 1 });
  }

  private takes(counted: Counted): boolean {
    if (counted.living + counted.since >= this.parts.most) return false;
    counted.since += 1;
    return true;
  }

  private async count(caller: string, counted: Counted): Promise<void> {
    const { countLiving, most, monotonicMs } = this.parts;
    if (counted.counting === undefined) {
      if (monotonicMs() - counted.countedAt < LEAST_BETWEEN_COUNTS_MS) return;
      counted.counting = countLiving(caller, most)
        .then(
          (living) => {
            counted.living = living;
            counted.since = 0;
            counted.isKnown = true;
          },
          () => {
            counted.isKnown = false;
          },
        )
        .finally(() => {
          counted.countedAt = monotonicMs();
          counted.counting = undefined;
        });
    }
    await counted.counting;
  }

  private of(caller: string): Counted {
    const known = this.callers.get(caller);
    if (known !== undefined) return known;
    const fresh = {
      living: 0,
      since: 0,
      countedAt: -Infinity,
      isKnown: false,
      counting: undefined,
    };
    this.callers.set(caller, fresh);
    return fresh;
  }
}
