import type { EventId, Instant, Spend } from '#libs/ledger';
import type { ClaimedRecord } from '#libs/postgres';
import {
  eventKeyOf,
  HOLDS_SOURCE,
  readEvent,
  spendContentHash,
  writeSpend,
  type Cost,
} from '#libs/wire';
import type { Hold } from './hold';
import { partitionOfHold } from './held-places';

/** What a settle says about a call. */
export interface SettledCall {
  readonly time: Instant;
  readonly cost: Cost;
}

/** The event that settles a hold at auth's door: there is one for each hold. */
export function settleEventId({ holdId }: Hold): EventId {
  return { source: HOLDS_SOURCE, id: holdId };
}

/** What the expiry of a hold that owes an event says of its call: the most that is known. */
export function expiredCall({ expiresAt, onExpiry, amountPico, model }: Hold): SettledCall {
  const more = { ...(model !== null && { model }), metadata: { onExpiry } };
  return {
    time: expiresAt,
    cost:
      onExpiry === 'charge'
        ? { basis: 'estimated', amountPico, ...more }
        : { basis: 'unknown', ...more },
  };
}

/** Whether a spend on record was made by the expiry of its hold. */
export function isExpiredCall({ source, metadata }: Spend): boolean {
  return source === HOLDS_SOURCE && metadata?.['onExpiry'] !== undefined;
}

/**
 * The record of a settle, as ingest would write it.
 * @throws Error if ingest could not read it: nothing may be answered that cannot be recorded
 */
export function settleRecord(
  hold: Hold,
  { time, cost }: SettledCall,
  ledger: { readonly currency: string; readonly partitions: number; readonly now: Instant },
): ClaimedRecord {
  const { currency, partitions, now } = ledger;
  const { labels, end } = hold;
  const pools = end?.state === 'settling' ? end.pools : null;
  const spend: Spend = {
    ...settleEventId(hold),
    time,
    scope: hold.scope,
    currency,
    ...cost,
    ...(hold.requestId === null ? {} : { requestId: hold.requestId }),
    holdId: hold.holdId,
    ...(labels === undefined ? {} : { labels }),
  };
  const contentHash = spendContentHash(spend);
  const record = writeSpend(
    { spend, extensions: {} },
    {
      recordedAt: now,
      caller: hold.caller,
      contentHash,
      holdOutcome: 'settled',
      ...(pools !== null && { holdPools: true }),
    },
  );
  const read = readEvent(record, { currency });
  if (!read.ok) throw new Error(`a settle could not be recorded: ${JSON.stringify(read.errors)}`);
  return {
    eventKey: eventKeyOf(spend),
    partition: partitionOfHold(hold, partitions),
    record,
    contentHash,
  };
}
