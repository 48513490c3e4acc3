import type { Money } from './money.js';
import type { CallOptions, Labels, Query } from './types.js';

/** How long one attempt may take, in milliseconds. */
export interface Timeouts {
  readonly check: number;
  readonly hold: number;
  readonly settle: number;
  readonly record: number;
  readonly read: number;
}

/** Nothing waits without one. */
export interface Limits {
  /** Bytes of reports in the journal. */
  readonly journalBytes: number;
  /** Reports in memory, where there is no journal. */
  readonly memoryEntries: number;
  /** Reports that are sent at once in the background. */
  readonly sendAtOnce: number;
  /** The longest wait between two attempts in the background, in milliseconds. */
  readonly longestDelay: number;
  /** How often journals of dead processes are looked for, in milliseconds. */
  readonly adoptEvery: number;
  /** How long a hold is kept alive for a call that does not end, in milliseconds. */
  readonly longestCall: number;
  /** Events in one batch, and bytes. */
  readonly batchEvents: number;
  readonly batchBytes: number;
}

export interface LedgerOptions<Journal extends string | false = string | false> {
  /** Of the ledger, or of auth where the processes run apart. */
  readonly url: string;
  /** Of ingest, where that is apart. */
  readonly ingestUrl?: string;
  /** What the ledger is known by in the journal; its url unless given. Give one if the url may change. */
  readonly ledger?: string;
  /** A function is asked before each request; if it throws, the request is not sent, as while the ledger is down. */
  readonly token?: string | (() => string | Promise<string>) | undefined;
  /** The folder of the reports that wait; `.spend-ledger-client` unless given, `~` is home. `false`: a crash may lose a report. */
  readonly journal?: Journal;
  /** What `spend` does while the ledger is down: `closed` refuses the call, `open` makes it and reports its cost later. */
  readonly outage?: 'closed' | 'open';
  /** The source of events that do not say theirs. */
  readonly source?: string;
  /** 2 unless given. */
  readonly maxRetries?: number;
  readonly timeouts?: Partial<Timeouts>;
  readonly limits?: Partial<Limits>;
  readonly fetch?: typeof globalThis.fetch;
  /** Is told what went wrong behind a call that went on. It may be async; what it throws is ignored, as of the next. */
  readonly onWarning?: (message: string, error?: unknown) => void;
  /** Is told of each call that its process did not survive: its cost is reported as unknown. */
  readonly onInterrupted?: (call: Interrupted) => void;
}

export interface RawOptions extends CallOptions {
  readonly query?: Query;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A call whose cost nobody can know any more. */
export interface Interrupted {
  /** Of the report; absent hold: the call ran while the ledger was down. */
  readonly id: string;
  readonly holdId: string | undefined;
  readonly scope: unknown;
  readonly model: string | undefined;
  readonly labels: Labels | undefined;
  readonly requestId: string | undefined;
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
}

export interface SpendOptions extends CallOptions {
  /** How much is held: what the call will cost at most. */
  readonly estimate: Money;
  readonly model?: string;
  /** What the call is for, such as `{ project: 'search' }`: a budget can be set on each. */
  readonly labels?: Labels;
  /** More about it, for later readers. No prompts, and no personal data: the record is for ever. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** How long the hold lives without a sign of life, in seconds; 600 unless given. It is extended while the call runs. */
  readonly ttl?: number;
  readonly outage?: 'closed' | 'open';
  /** A new one unless given, or that of the call around this one. */
  readonly requestId?: string;
  /** As W3C Trace Context writes it. */
  readonly traceparent?: string;
}

/** What is known of a cost beside its amount. */
export interface CostDetails {
  readonly basis?: 'exact' | 'estimated';
  readonly model?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** What a crash does to a report: the type of `call.report` says it. */
export type ReportOf<Journal extends string | false> = Journal extends string
  ? 'kept in the journal'
  : 'lost in a crash';

/** The call that `spend` runs. */
export interface Call<Report extends string = string> {
  /** Aborted when the caller aborts, or leaves a stream. */
  readonly signal: AbortSignal;
  /** `null`: the ledger is down, and `outage` is `open`. */
  readonly holdId: string | null;
  /** What its scope may still spend beside this call; `null`: no limit, or not known. */
  readonly remaining: string | null;
  /** For the upstream: `x-request-id`, and `traceparent` if there is one. */
  readonly headers: Readonly<Record<string, string>>;
  /** What a crash of this process does to the report of this call. */
  readonly report: Report;
  /** Says what it cost. It is safe when this returns. The last word counts. @throws TypeError for a number */
  cost(amount: Money, details?: CostDetails): void;
}
