import type { IHeaders } from 'kafkajs';
import encodeRecord from 'kafkajs/src/protocol/recordBatch/record/v0';
import type { BatchHeader } from './batch-header';

const UNDECODABLE = 'x-undecodable';
const REASON_LENGTH_MAX = 300;

/**
 * Records as they would be in a batch that can be read: as many as it says it has, with neither key nor value, and why
 * in a header. Offsets count up from the batch's first; the last record keeps the last offset, which lies further when
 * compaction has taken records out (which of them is not known). A broken header may say less than its count needs:
 * then the count rules, and no offset appears twice.
 */
export function standInsFor({ count, lastOffsetDelta }: BatchHeader, reason: string): Buffer {
  const headers = { [UNDECODABLE]: reason.slice(0, REASON_LENGTH_MAX) };
  const standIns = Array.from({ length: count }, (_, index) => {
    const offsetDelta = index === count - 1 ? Math.max(index, lastOffsetDelta) : index;
    return encodeRecord({ offsetDelta, key: null, value: null, headers }).buffer;
  });
  return Buffer.concat(standIns);
}

/**
 * Why the bytes of a message could not be decoded; `undefined` for every message that is what it was sent as. A sender
 * can put the header on a message too, but then alone: such a message says nothing that could be recorded either.
 */
export function undecodableReason(headers: IHeaders | undefined): string | undefined {
  if (!headers || Object.keys(headers).length !== 1) return undefined;
  const reason = headers[UNDECODABLE];
  return Buffer.isBuffer(reason) ? reason.toString() : undefined;
}
