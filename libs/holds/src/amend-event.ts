import type { Adjustment, EventId, Instant } from '#libs/ledger';
import type { ClaimedRecord } from '#libs/postgres';
import {
  adjustmentContentHash,
  eventKeyOf,
  HOLDS_SOURCE,
  readEvent,
  writeAdjustment,
} from '#libs/wire';
import type { Hold } from './hold';
import { partitionOfHold } from './held-places';
import { settleEventId } from './settle-event';

/** What a call cost whose hold was settled by its expiry: so much, or what another spend says, which counts alone. */
export type AmendedCall = { readonly amountPico: bigint } | { readonly by: EventId };

/** The correction of the event that an expiry made: there is one for each hold. */
export function amendEventId({ holdId }: Pick<Hold, 'holdId'>): EventId {
  return { source: HOLDS_SOURCE, id: `${holdId}/amended` };
}

/**
 * The record of such a correction, as ingest would write it.
 * @throws Error if ingest could not read it: nothing may be answered that cannot be recorded
 */
export function amendRecord(
  hold: Hold,
  call: AmendedCall,
  ledger: { readonly currency: string; readonly partitions: number; readonly now: Instant },
): ClaimedRecord {
  const { currency, partitions, now } = ledger;
  const adjusts = settleEventId(hold);
  const adjustment: Adjustment = { ...amendEventId(hold), time: now, adjusts, ...statedBy(call) };
  const contentHash = adjustmentContentHash(adjustment);
  const record = writeAdjustment(
    { adjustment, extensions: {} },
    { recordedAt: now, caller: hold.caller, contentHash },
  );
  const read = readEvent(record, { currency });
  if (!read.ok) throw new Error(`a settle could not be recorded: ${JSON.stringify(read.errors)}`);
  return {
    eventKey: eventKeyOf(adjustment),
    partition: partitionOfHold(hold, partitions),
    record,
    contentHash,
    afterKey: eventKeyOf(adjusts),
  };
}

function statedBy(call: AmendedCall): Pick<Adjustment, 'kind' | 'amountPico' | 'reason'> {
  if ('by' in call) {
    const { source, id } = call.by;
    return { kind: 'reverse', reason: `the spend ${id} of ${source} settled the hold` };
  }
  return { kind: 'amend', ...call, reason: 'the hold was settled after its expiry' };
}
