export interface RepeatLimits {
  /** How long repetitions are counted before they are told in one line. */
  readonly everyMs: number;
  /** Most causes that are remembered. Beyond, the oldest is logged and forgotten, and counts as new when it returns. */
  readonly maxCauses: number;
  /** Runs something after a time; it must not keep the process alive. */
  readonly later: (run: () => void, ms: number) => void;
}

/** What a line says of the repetitions of a cause. */
export interface Repetitions {
  readonly times: number;
  /** How often by what was being done. */
  readonly doing: Readonly<Record<string, number>>;
}

interface Cause {
  times: number;
  readonly doing: Map<string, number>;
  readonly tell: (repetitions: Repetitions) => void;
}

const MAX_DOING = 20;

/** Tells the first occurrence of each cause at once, and of the others how many there were. */
export class RepeatedCauses {
  private readonly causes = new Map<string, Cause>();

  constructor(private readonly limits: RepeatLimits) {}

  /**
   * @param tell says what came after the first
   * @returns whether this is the first: since the start, or since a whole span without it
   */
  isFirst(key: string, doing: string, tell: Cause['tell']): boolean {
    const known = this.causes.get(key);
    if (known) {
      known.times += 1;
      const name = known.doing.has(doing) || known.doing.size < MAX_DOING ? doing : 'other';
      known.doing.set(name, (known.doing.get(name) ?? 0) + 1);
      return false;
    }
    this.makeRoom();
    const cause = { times: 0, doing: new Map<string, number>(), tell };
    this.causes.set(key, cause);
    this.tellLater(key, cause);
    return true;
  }

  private tellLater(key: string, cause: Cause): void {
    this.limits.later(() => {
      if (this.causes.get(key) !== cause) return;
      if (cause.times === 0) {
        this.causes.delete(key);
        return;
      }
      tellNow(cause);
      this.tellLater(key, cause);
    }, this.limits.everyMs);
  }

  private makeRoom(): void {
    if (this.causes.size < this.limits.maxCauses) return;
    const [oldest] = this.causes;
    this.causes.delete(oldest![0]);
    tellNow(oldest![1]);
  }
}

function tellNow(cause: Cause): void {
  if (cause.times === 0) return;
  const { times, doing } = cause;
  const told = Object.fromEntries(doing);
  cause.times = 0;
  doing.clear();
  cause.tell({ times, doing: told });
}
