import type { FieldError } from '#libs/ledger';

/** A record as a producer wrote it. */
export interface ReportedRecord {
  /** Each header that has a value, with all of them: one that stands twice is a fault for the reader to name. */
  readonly headers: ReadonlyMap<string, readonly Buffer[]>;
  readonly value: Buffer | null;
  /** When the broker got it, in milliseconds since 1970. */
  readonly timestampMs: number;
  /** Why its bytes could not be decoded; then it has no value. */
  readonly undecodable: string | undefined;
}

/** Why a record cannot be accepted; its code is one of the problems that callers of other doors get. */
export interface Refusal {
  readonly code: string;
  readonly detail: string;
  readonly errors: readonly FieldError[];
}

/**
 * Judges records in order, one verdict each: accepted (it is on the log), or refused, with the same verdict whenever it
 * is asked again. A rejection says *unknown*: the same records come again.
 */
export type JudgeReported = (
  records: readonly ReportedRecord[],
) => Promise<readonly ('accepted' | Refusal)[]>;

/** Reading at work. */
export interface ReportedConsumption {
  /** Records of this reader's partitions that are not judged yet; `undefined` before that is known. */
  lag(): ReadonlyMap<number, bigint>;
  stop(): Promise<void>;
}

/** The topic that producers report spends on; what is refused stands on its dead letters. */
export interface ReportedTopic {
  consume(judge: JudgeReported): ReportedConsumption;
}
