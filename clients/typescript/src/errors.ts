import { redact } from './redact.js';
import type { BatchResult, Decision, FieldError, Problem } from './types.js';

/** Whatever this package throws on purpose, except a TypeError for a wrong argument. */
export class LedgerError extends Error {
  /** What the function of a `spend` had returned, where the error came after it. */
  answer?: unknown;

  constructor(message: string, options?: ErrorOptions) {
    super(redact(message), options);
  }
}

/** The ledger cannot be asked now: no connection, no answer in time, or it says so itself. */
export class LedgerUnavailable extends LedgerError {
  /** The ledger's own word, such as `overloaded`. */
  readonly code: string | undefined;
  readonly status: number | undefined;

  constructor(
    message: string,
    options: ErrorOptions & { readonly code?: string | undefined; readonly status?: number } = {},
  ) {
    super(message, options);
    this.code = options.code;
    this.status = options.status;
  }
}

/** The journal cannot be written, so no report is safe: like a ledger that is down. */
export class JournalUnusable extends LedgerUnavailable {}

/** The ledger's refusal. */
export class ApiError extends LedgerError {
  readonly code: string;
  readonly detail: string;
  readonly errors: readonly FieldError[];

  constructor(
    readonly status: number,
    /** All that the ledger said, also what this version does not know. */
    readonly problem: Partial<Problem> & Readonly<Record<string, unknown>>,
    readonly requestId: string | undefined,
  ) {
    const { code = 'unrecognized', detail = `HTTP status ${status}`, errors = [] } = problem;
    const fields = errors.map((error) => ` ${error?.field} ${error?.message}.`).join('');
    super(`${detail}${fields}`);
    this.code = code;
    this.detail = redact(detail);
    this.errors = errors;
  }
}

export class Invalid extends ApiError {}
export class Unauthenticated extends ApiError {}
export class Forbidden extends ApiError {}
export class NotFound extends ApiError {}
export class NotYetVisible extends ApiError {}
export class EtagMismatch extends ApiError {}
export class UnknownEvent extends ApiError {}
export class IdempotencyKeyReused extends ApiError {}

/** The same source and id are on record with other content. */
export class EventConflict extends ApiError {
  /** Which members differ, if the ledger can say it already. */
  get differs(): readonly string[] | undefined {
    return this.problem['differs'] as readonly string[] | undefined;
  }
}

export class HoldEnded extends ApiError {
  /** How it ended, such as `released`. */
  get state(): string {
    return String(this.problem['state']);
  }
}

/** Somebody else has settled the hold with another cost. Only that one is on record. */
export class Conflict extends HoldEnded {}

/** Some events of a batch are refused. The others are on record. */
export class BatchPartlyRefused extends ApiError {
  /** What became of each event, in order. */
  get results(): readonly BatchResult[] {
    return this.problem['results'] as readonly BatchResult[];
  }
}

export class BudgetExceeded extends ApiError {
  get decision(): Decision {
    return this.problem['decision'] as Decision;
  }
  get decisionId(): string | null {
    return this.decision.decisionId;
  }
  get blockedBy(): string | null {
    return this.decision.blockedBy;
  }
  get resetsAt(): string | null {
    return this.decision.resetsAt;
  }
  get remaining(): string | null {
    return this.decision.remaining;
  }
}

/** Bundlers give classes other names; an error keeps its own. */
const NAMES = {
  LedgerError,
  LedgerUnavailable,
  JournalUnusable,
  ApiError,
  Invalid,
  Unauthenticated,
  Forbidden,
  NotFound,
  NotYetVisible,
  EtagMismatch,
  UnknownEvent,
  IdempotencyKeyReused,
  EventConflict,
  HoldEnded,
  Conflict,
  BatchPartlyRefused,
  BudgetExceeded,
};
for (const [name, Class] of Object.entries(NAMES)) {
  Object.defineProperty(Class.prototype, 'name', { value: name, configurable: true });
}
