import { formatInstant, type EventId, type Instant, type Spend } from '#libs/ledger';
import {
  leaveInOutbox,
  type OutboxRecord,
  type Prepared,
  type PreparedStatement,
} from '#libs/postgres';
import {
  eventKeyOf,
  HOLDS_SOURCE,
  readEvent,
  spendContentHash,
  writeSpend,
  type Cost,
} from '#libs/wire';
import type { Hold } from './hold';
import { partitionOfHold } from './hold-book';

/** What a settle says about a call. */
export interface SettledCall {
  readonly time: Instant;
  readonly cost: Cost;
}

/** The event that settles a hold at auth's door: there is one for each hold. */
export function settleEventId({ holdId }: Hold): EventId {
  return { source: HOLDS_SOURCE, id: holdId };
}

/** A claimed record, with the hash that it is claimed with. */
interface ClaimedRecord extends OutboxRecord {
  readonly contentHash: string;
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
  const spend: Spend = {
    ...settleEventId(hold),
    time,
    scope: hold.scope,
    currency,
    ...cost,
    ...(hold.requestId === null ? {} : { requestId: hold.requestId }),
    holdId: hold.holdId,
  };
  const contentHash = spendContentHash(spend);
  const record = writeSpend(
    { spend, extensions: {} },
    { recordedAt: now, caller: hold.caller, contentHash, holdOutcome: 'settled' },
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

/** The claim has the time that the record says. */
const CLAIM: PreparedStatement = {
  name: 'claim-settles',
  text: `
    insert into event_claim (event_key, content_hash, partition, recorded_at)
    select event_key, content_hash, partition, $4::timestamptz
    from unnest($1::uuid[], $2::text[], $3::int[]) as claim (event_key, content_hash, partition)
    order by event_key`,
};

/** Claims the settles of a flush and leaves their records to ingest's relay, in the flush's own transaction. */
export async function claimSettles(
  client: Prepared,
  records: readonly ClaimedRecord[],
  now: Instant,
): Promise<void> {
  if (records.length === 0) return;
  await Promise.all([
    client.prepared(CLAIM, [
      records.map(({ eventKey }) => eventKey),
      records.map(({ contentHash }) => contentHash),
      records.map(({ partition }) => partition),
      formatInstant(now),
    ]),
    leaveInOutbox(client, records),
  ]);
}
