import { redactSecrets } from '#libs/ledger';
import { isDependencyFailure } from '#libs/runtime';

interface Failure {
  readonly cause: string;
  readonly atMs: number;
}

/** A failure that is this old says nothing any more of a partition that this process does not have. */
const RECENT_MS = 15_000;

/** Why partitions were not read on when that was last tried, for operators. What succeeds ends it. */
export class PartitionFailures {
  private readonly ofPartitions = new Map<number, Failure>();
  private ofReading: Failure | undefined;

  constructor(private readonly monotonicMs: () => number) {}

  /** Of one partition. */
  noteOf(partition: number, error: unknown): void {
    this.ofPartitions.set(partition, this.failureOf(error));
  }

  /** Of all of them. */
  noteOfAll(error: unknown): void {
    this.ofReading = this.failureOf(error);
  }

  /** These are read. */
  end(partitions: Iterable<number>): void {
    this.ofReading = undefined;
    for (const partition of partitions) this.ofPartitions.delete(partition);
  }

  /** In a few words, without a full stop. */
  causeOf(partition: number): string | undefined {
    return (this.ofPartitions.get(partition) ?? this.ofReading)?.cause;
  }

  /** Partitions that failed a moment ago, also those that could not even be fenced. */
  recent(): readonly number[] {
    const since = this.monotonicMs() - RECENT_MS;
    return [...this.ofPartitions].flatMap(([partition, { atMs }]) =>
      atMs >= since ? [partition] : [],
    );
  }

  private failureOf(error: unknown): Failure {
    return { cause: causeOf(error), atMs: this.monotonicMs() };
  }
}

const MOST_CHARACTERS = 200;
const SQLSTATE = /^(?=.*\d)[0-9A-Z]{5}$/;
/** Data exceptions, whose messages quote the values. */
const OF_DATA = /^22/;
/** Logins, whose messages name them. */
const OF_LOGINS = /^(?:28|3D)/;

/**
 * Everybody may read it. What Postgres says names tables, constraints and rights; what it says of a value or a login,
 * and what else fails, stands in the log alone.
 */
export function causeOf(error: unknown): string {
  const { code, message } = (error ?? {}) as {
    readonly code?: unknown;
    readonly message?: unknown;
  };
  if (typeof code !== 'string' || !SQLSTATE.test(code) || typeof message !== 'string') {
    return isDependencyFailure(error)
      ? 'Postgres or the log cannot be reached'
      : 'the log of this process says why';
  }
  if (OF_DATA.test(code)) return `Postgres refuses a value (${code})`;
  if (OF_LOGINS.test(code)) return `Postgres refuses the login (${code})`;
  const [line = ''] = redactSecrets(message).split(/\p{Cc}/u);
  return `Postgres says "${line.slice(0, MOST_CHARACTERS)}" (${code})`;
}
