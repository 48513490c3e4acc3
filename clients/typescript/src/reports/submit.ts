import type { Client } from '../client.js';
import type { Courier } from './courier.js';
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
 * @throws ApiError if it is refused, or the token is; LedgerUnavailable if it is sent later
 */
export async function submit(
  { courier }: Client,
  entry: Entry,
  rule: Parameters<Courier['deliver']>[1],
): Promise<Receipt | SettledHold> {
  const reported = await courier.deliver(entry, rule);
  if (reported.kind === 'delivered') return reported.body;
  throw reported.error;
}

export function settlementOf(body: Receipt | SettledHold): Settlement {
  return 'eventId' in body ? body : { ...body, eventId: body.id };
}
