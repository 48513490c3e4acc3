import {
  Conflict,
  EventConflict,
  HoldEnded,
  type ApiError,
  type LedgerUnavailable,
} from '../errors.js';
import { hold as holdOnRecord, receiptOf, settledHold } from '../http/answers.js';
import type { Deadline } from '../http/deadline.js';
import { holdPath } from '../http/paths.js';
import type { Failure } from '../http/retry.js';
import type { Attempt, Outcome, Transport } from '../http/transport.js';
import type { Trace } from '../trace.js';
import { isSameMoney } from '../money.js';
import type { CorrectionEvent, HoldOnRecord, Receipt, SettledHold, SpendEvent } from '../types.js';
import { withoutHold, withoutMetadata, type Entry } from './entry.js';

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
    private readonly warn: (message: string, error: unknown) => void,
  ) {}

  attempt(entry: Entry, options: Partial<Deadline>) {
    return entry.holdId === undefined ? this.record(entry, options) : this.settle(entry, options);
  }

  private async settle(entry: Entry, options: Partial<Deadline>): Promise<Delivered> {
    const path = `${holdPath(entry.holdId!)}/settle`;
    const request = { method: 'POST', path, body: settleRequest(entry), fits: settledHold };
    const outcome = await this.ask(request, entry, options);
    if (outcome.kind !== 'refused') return delivered(outcome, entry);
    const { error } = outcome;
    switch (afterRefusedSettle(error, entry)) {
      case 'record': {
        const alone = withoutHold(entry);
        this.keep(alone);
        return this.record(alone, options);
      }
      case 'without-time': {
        const timeless = { ...entry, isTimeless: true };
        this.keep(timeless);
        return this.settle(timeless, options);
      }
      case 'without-metadata':
        return this.settle(this.bare(entry, error), options);
      case 'again':
        return { kind: 'failed', entry, error, mayRetry: true };
      case 'compare':
        return this.compare(error, entry, options);
      case 'never':
        return { kind: 'refused', entry, error };
    }
  }

  /** Somebody else has settled the hold: that counts, and ours must not count beside it. */
  private async compare(
    error: ApiError,
    entry: Entry,
    options: Partial<Deadline>,
  ): Promise<Delivered> {
    const request = { method: 'GET', path: holdPath(entry.holdId!), fits: holdOnRecord };
    const outcome = await this.ask(request, entry, options);
    // Then nobody has said what that one cost.
    if (outcome.kind !== 'answered') return { mayRetry: false, ...outcome, kind: 'failed', entry };
    const conflict = new Conflict(error.status, error.problem, error.requestId);
    const { settledBy } = outcome.answer.body as HoldOnRecord;
    const { amount, basis } = (entry.event as SpendEvent).data;
    if (!settledBy) return { kind: 'refused', entry, error: conflict };
    if (basis === 'unknown' || isSameMoney(amount, settledBy.amount)) {
      return { kind: 'delivered', entry, body: settledBy };
    }
    if (amount === undefined || settledBy.amount !== null) {
      return { kind: 'refused', entry, error: conflict };
    }
    // Theirs is unknown: ours corrects it.
    const amended = withoutHold({ ...entry, event: amendmentOf(entry, settledBy, amount) });
    this.keep(amended);
    return this.record(amended, options);
  }

  private async record(entry: Entry, options: Partial<Deadline>): Promise<Delivered> {
    const { event } = entry;
    const headers = { 'content-type': 'application/cloudevents+json' };
    const fits = receiptOf(event);
    const request = { method: 'POST', path: '/v1/events', body: event, headers, fits };
    const outcome = await this.ask(request, entry, options);
    if (outcome.kind !== 'refused') return delivered(outcome, entry);
    const { error, answer } = outcome;
    // What a caller records is sent as it is, or not at all.
    if (entry.id === event.id && isMetadataRefused(error, entry)) {
      return this.record(this.bare(entry, error), options);
    }
    const time = timeInstead(error, entry, answer.headers.get('date'));
    if (time === undefined) return { kind: 'refused', entry, error };
    const dated = { ...entry, event: { ...event, time }, isTimeless: true };
    this.keep(dated);
    return this.record(dated, options);
  }

  private bare(entry: Entry, error: ApiError): Entry {
    const bare = withoutMetadata(entry);
    this.warn(`A report goes without its metadata. ${error.message}`, error);
    this.keep(bare);
    return bare;
  }

  private ask(
    request: Pick<Attempt, 'method' | 'path' | 'body' | 'fits' | 'headers'>,
    entry: Entry,
    options: Partial<Deadline>,
  ): Promise<Outcome> {
    const timeout = request.path === '/v1/events' ? this.times.record : this.times.settle;
    const trace = traceOf(entry);
    return this.transport.attempt({ timeout, trace, ...request, ...options });
  }
}

/** What a refused settle leaves to do. */
function afterRefusedSettle(
  error: ApiError,
  entry: Entry,
): 'record' | 'without-time' | 'without-metadata' | 'again' | 'compare' | 'never' {
  if (error.code === 'not_found') return 'record';
  if (isTimeRefused(error, entry)) return 'without-time';
  if (isMetadataRefused(error, entry)) return 'without-metadata';
  if (!(error instanceof HoldEnded)) return 'never';
  if (error.state === 'released') return 'record';
  return error.state === 'settled' || error.state === 'settling' ? 'compare' : 'again';
}

function amendmentOf(
  { event: { id, source, time } }: Entry,
  settled: SettledHold,
  amount: string,
): CorrectionEvent {
  const adjusts = { source: settled.source, id: settled.eventId };
  const data = { adjusts, kind: 'amend' as const, amount, reason: 'its cost became known' };
  return { specversion: '1.0', id, source, type: 'spendledger.spend.adjusted.v1', time, data };
}

function isTimeRefused({ code, errors }: ApiError, entry: Entry): boolean {
  const { isTimeless, isTimeOurs, holdId } = entry;
  if (isTimeless || (holdId === undefined && !isTimeOurs)) return false;
  return code === 'invalid' && errors.some(({ field }) => field === 'time');
}

/** An event has to have a time: that of the ledger, or of the same spend which another settle of its hold has told. */
function timeInstead(error: ApiError, entry: Entry, date: string | null): string | undefined {
  if (isTimeRefused(error, entry)) {
    const time = Date.parse(date ?? '');
    return Number.isNaN(time) ? undefined : new Date(time).toISOString();
  }
  if (!(error instanceof EventConflict) || !entry.isTimeOurs || entry.isTimeless) return undefined;
  const { onRecord } = error.problem as { readonly onRecord?: { readonly time?: string } };
  const isSettle = entry.event.id.startsWith('settle-');
  return isSettle && error.differs?.join() === 'time' ? onRecord?.time : undefined;
}

function isMetadataRefused({ code, status, errors }: ApiError, { event }: Entry): boolean {
  if ((event as SpendEvent).data.metadata === undefined) return false;
  const areAll =
    errors.length > 0 && errors.every(({ field }) => /^(data\.)?metadata\b/.test(field));
  return status === 413 || (code === 'invalid' && areAll);
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
