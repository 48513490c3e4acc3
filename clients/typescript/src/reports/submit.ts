import type { Client } from '../client.js';
import { said } from '../said.js';
import type { Receipt, SettledHold, Settlement, SpendData, SpendEvent } from '../types.js';
import type { Courier } from './courier.js';
import type { Entry } from './entry.js';

export interface SpendSaid {
  readonly id: string;
  readonly source: string;
  readonly time: Date | string;
  readonly data: SpendData;
  readonly traceparent?: string | undefined;
}

/** A spend as a CloudEvent. @throws TypeError */
export function spendEvent({ id, source, time, data, traceparent }: SpendSaid): SpendEvent {
  return asJson({
    specversion: '1.0',
    id,
    source,
    type: 'spendledger.spend.recorded.v1',
    time: printTime(time),
    ...(traceparent !== undefined && { traceparent }),
    data,
  });
}

/** A copy, as it is kept and sent: later changes of what the caller gave are not its own. @throws TypeError */
export function asJson<T>(value: T): T {
  try {
    return JSON.parse(JSON.stringify(value)) as T;
  } catch (cause) {
    throw new TypeError(`A report must be JSON; look at its metadata and usage. ${said(cause)}`, {
      cause,
    });
  }
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
