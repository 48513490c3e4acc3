import type { Client } from '../client.js';
import { LedgerUnavailable } from '../errors.js';
import type { RetryRule } from '../http/retry.js';
import type { Receipt, SettledHold, Settlement, SpendData, SpendEvent } from '../types.js';
import type { Entry } from './entry.js';

export interface SpendSaid {
  readonly id: string;
  readonly source: string;
  readonly time: Date | string;
  readonly data: SpendData;
  readonly traceparent?: string | undefined;
}

/** A spend as a CloudEvent. */
export function spendEvent({ id, source, time, data, traceparent }: SpendSaid): SpendEvent {
  return {
    specversion: '1.0',
    id,
    source,
    type: 'spendledger.spend.recorded.v1',
    time: printTime(time),
    ...(traceparent === undefined ? {} : { traceparent }),
    data,
  };
}

export function printTime(time: Date | string): string {
  return typeof time === 'string' ? time : time.toISOString();
}

/**
 * Sends what stands in the journal already, and waits for the ledger's answer.
 * @throws ApiError if it is refused; LedgerUnavailable if it is sent later
 */
export async function submit(
  { courier }: Client,
  entry: Entry,
  rule: RetryRule & { readonly timeout?: number; readonly signal?: AbortSignal | undefined },
): Promise<Receipt | SettledHold> {
  const reported = await courier.deliver(entry, rule);
  if (reported.kind === 'delivered') return reported.body;
  if (reported.kind === 'refused') throw reported.error;
  const { error } = reported;
  if (!(error instanceof LedgerUnavailable)) throw error;
  const { code, status } = error;
  throw new LedgerUnavailable(`${error.message} The report is kept, and is sent again.`, {
    cause: error,
    code,
    ...(status !== undefined && { status }),
  });
}

export function settlementOf(body: Receipt | SettledHold): Settlement {
  return 'eventId' in body ? body : { ...body, eventId: body.id };
}
