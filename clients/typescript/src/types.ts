import type { components } from './openapi.js';

type Schemas = components['schemas'];

export type Balance = Schemas['Balance'];
export type Budget = Schemas['Budget'];
export type Decision = Schemas['Decision'];
export type ExtendedHold = Schemas['ExtendedHold'];
export type FieldError = Schemas['FieldError'];
export type HoldOnRecord = Schemas['Hold'];
export type OnExpiry = Schemas['OnExpiry'];
/** What a call is for: one value for each name. */
export type Labels = Readonly<Record<string, string>>;
export type Problem = Schemas['Problem'];
export type Receipt = Schemas['Receipt'];
export type ReleasedHold = Schemas['ReleasedHold'];
export type SettledHold = Schemas['SettledHold'];
export type TakenHold = Schemas['TakenHold'];
export type Usage = Schemas['Usage'];
export type BatchResult = Schemas['RecordedEntry'] | Schemas['RefusedEntry'];
export type SpendEvent = Schemas['SpendEvent'] & { readonly traceparent?: string };
export type CorrectionEvent = Schemas['CorrectionEvent'];
export type SpendData = Schemas['SpendData'];
export type ScopeOnWire = Schemas['Scope'];

/** Of every request. Times are in milliseconds. */
export interface CallOptions {
  /** How long one attempt may take. */
  readonly timeout?: number | undefined;
  readonly maxRetries?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** An answer as it came. */
export interface Answer<T = unknown> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

/** What is on record of a settled hold. */
export interface Settlement {
  readonly source: string;
  readonly eventId: string;
  /** Absent, as is `late`: the hold had been released, and its spend is on record as an event of its own. */
  readonly overrun?: string;
  readonly late?: boolean;
  /** Absent until the event is in the balances. */
  readonly position?: string;
}
