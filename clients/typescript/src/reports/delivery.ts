import { Conflict, HoldEnded, type ApiError, type LedgerUnavailable } from '../errors.js';
import { receiptOf, settledHold } from '../http/answers.js';
import type { Failure } from '../http/retry.js';
import type { Outcome, Request, Transport } from '../http/transport.js';
import type { Trace } from '../trace.js';
import type { Receipt, SettledHold, SpendEvent } from '../types.js';
import type { Entry } from './entry.js';

export interface DeliveryTimes {
  readonly settle: number;
  readonly record: number;
}

/** How an attempt to report ended. The entry is as it is to be sent from then on. */
export type Delivered =
  | { readonly kind: 'delivered'; readonly entry: Entry; readonly body: SettledHold | Receipt }
  | { readonly kind: 'refused'; readonly entry: Entry; readonly error: ApiError }
  | (Failure & {
      readonly kind: 'failed';
      readonly entry: Entry;
      readonly error: ApiError | LedgerUnavailable;
    });

/** Reports an entry once, in the way that the ledger's answers ask for. */
export class Delivery {
  constructor(
    private readonly transport: Transport,
    private readonly times: DeliveryTimes,
    /** Keeps an entry that changes under way. */
    private readonly keep: (entry: Entry) => void,
  ) {}

  attempt(entry: Entry, options: { timeout?: number; signal?: AbortSignal } = {}) {
    return entry.holdId === undefined ? this.record(entry, options) : this.settle(entry, options);
  }

  private async settle(entry: Entry, options: Partial<Request>): Promise<Delivered> {
    const path = `/v1/holds/${encodeURIComponent(entry.holdId!)}/settle`;
    const body = settleRequest(entry);
    const outcome = await this.post({ path, body, fits: settledHold }, entry, options);
    if (outcome.kind !== 'refused') return delivered(outcome, entry);
    const { error } = outcome;
    switch (afterRefusedSettle(error, entry)) {
      case 'record':
        return this.record(entry, options);
      case 'without-time': {
        const timeless = { ...entry, isTimeless: true };
        this.keep(timeless);
        return this.settle(timeless, options);
      }
      case 'again':
        return { kind: 'failed', entry, error, mayRetry: error.code !== 'unauthenticated' };
      case 'conflict':
        return {
          kind: 'refused',
          entry,
          error: new Conflict(error.status, error.problem, error.requestId),
        };
      case 'never':
        return { kind: 'refused', entry, error };
    }
  }

  private async record(entry: Entry, options: Partial<Request>): Promise<Delivered> {
    const { event } = entry;
    const headers = { 'content-type': 'application/cloudevents+json' };
    const request = { path: '/v1/events', body: event, headers, fits: receiptOf(event) };
    const outcome = await this.post(request, entry, options);
    if (outcome.kind !== 'refused') return delivered(outcome, entry);
    const { error, answer } = outcome;
    if (error.code === 'unauthenticated') return { kind: 'failed', entry, error, mayRetry: false };
    const serverTime = Date.parse(answer.headers.get('date') ?? '');
    if (!isTimeRefused(error, entry) || Number.isNaN(serverTime)) {
      return { kind: 'refused', entry, error };
    }
    // An event has to have a time: it gets the ledger's.
    const time = new Date(serverTime).toISOString();
    const dated = { ...entry, event: { ...event, time }, isTimeless: true };
    this.keep(dated);
    return this.record(dated, options);
  }

  private post(
    request: Pick<Request, 'path' | 'body' | 'fits' | 'headers'>,
    entry: Entry,
    options: Partial<Request>,
  ): Promise<Outcome> {
    const timeout = request.path === '/v1/events' ? this.times.record : this.times.settle;
    const trace = traceOf(entry);
    return this.transport.attempt({
      method: 'POST',
      maxRetries: 0,
      timeout,
      trace,
      ...request,
      ...options,
    });
  }
}

/** What a refused settle leaves to do. */
export function afterRefusedSettle(
  error: ApiError,
  entry: Entry,
): 'record' | 'without-time' | 'again' | 'conflict' | 'never' {
  if (error.code === 'unauthenticated') return 'again';
  if (error.code === 'not_found') return 'record';
  if (isTimeRefused(error, entry)) return 'without-time';
  if (!(error instanceof HoldEnded)) return 'never';
  if (error.state === 'released') return 'record';
  return error.state === 'settled' || error.state === 'settling' ? 'conflict' : 'again';
}

function isTimeRefused({ code, errors }: ApiError, entry: Entry): boolean {
  const { isTimeless, isTimeOurs, holdId } = entry;
  if (isTimeless || (holdId === undefined && !isTimeOurs)) return false;
  return code === 'invalid' && errors.some(({ field }) => field === 'time');
}

function settleRequest({ event, isTimeless }: Entry): object {
  const { amount, usage, basis, model, metadata } = (event as SpendEvent).data;
  return { amount, usage, basis, model, metadata, time: isTimeless ? undefined : event.time };
}

function delivered(outcome: Exclude<Outcome, { kind: 'refused' }>, entry: Entry): Delivered {
  if (outcome.kind === 'failed') return { ...outcome, entry };
  return { kind: 'delivered', entry, body: outcome.answer.body as SettledHold | Receipt };
}

function traceOf({ event }: Entry): Trace | undefined {
  const { traceparent, data } = event as SpendEvent;
  return data.requestId === undefined ? undefined : { requestId: data.requestId, traceparent };
}
