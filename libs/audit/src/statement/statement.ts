import type { Month, Instant } from '#libs/ledger';
import type { ClosedMonth } from './closed-months';

/** What a month came to, team by team. */
export interface Statement {
  readonly month: Month;
  /** What closed it, if it is closed; what became known after that is in later months. */
  readonly closing: ClosedMonth | undefined;
  readonly teams: readonly TeamStatement[];
}

export interface TeamStatement {
  readonly teamId: string;
  /** All before the month. */
  readonly openingPico: bigint;
  readonly spends: Section;
  readonly corrections: Section;
  /** What became known in the month of months that were closed by then. */
  readonly adjustments: readonly AdjustedMonth[];
  /** Opening, spends, corrections and adjustments. */
  readonly closingPico: bigint;
}

/** The entries of one kind, all of them and as they are divided. */
export interface Section extends Line {
  readonly byModel: readonly (Line & { readonly model: string | null })[];
  readonly byMember: readonly (Line & { readonly userId: string | null })[];
}

/** A figure and how many entries are behind it; `EntryBounds` finds them. */
export interface Line {
  readonly amountPico: bigint;
  readonly count: number;
  readonly unpriced: number;
  readonly entries: EntryBounds;
}

export interface AdjustedMonth {
  /** Such as `2026-03`: the month in which the money was spent. */
  readonly month: string;
  readonly spends: Line;
  readonly corrections: Line;
}

/** Which entries a line has: those of an account with these bounds. */
export interface EntryBounds {
  readonly teamId: string;
  readonly kind: 'spend' | 'correction';
  /** Of whom alone; `null`: of those that name none. */
  readonly userId?: string | null;
  readonly model?: string | null;
  /** When the money was spent: `[from, to)`. */
  readonly from: Instant | null;
  readonly to: Instant | null;
  /** Known later than it. */
  readonly knownAfter?: Instant;
  /** Known from it on. */
  readonly knownFrom?: Instant;
  /** Known before it. */
  readonly knownBefore?: Instant;
  /** Known at it or before. */
  readonly knownAt?: Instant;
}
