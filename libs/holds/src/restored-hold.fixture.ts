import { instantOf, partitionOfScope, picoOfDecimal, type Scope } from '#libs/ledger';
import type { NewRecord } from '#libs/spend-log';
import { BARE_HOLD, spendRecord, TEST_PARTITIONS } from '#libs/testing';
import { HOLDS_SOURCE } from '#libs/wire';
import { amendRecord } from './amend-event';
import type { Hold } from './hold';
import { newHoldId } from './hold-id';

export const TAKEN_AT = instantOf('2020-01-01T09:00:00Z');
export const PAST = instantOf('2020-01-01T11:00:00Z');

/** A hold as a backup has it. */
export function backedUpHold(scope: Scope, amount: number, expiresAt: Hold['expiresAt']): Hold {
  return {
    ...BARE_HOLD,
    holdId: newHoldId(partitionOfScope(scope, TEST_PARTITIONS), TAKEN_AT),
    scope,
    amountPico: picoOfDecimal(String(amount)),
    createdAt: TAKEN_AT,
    expiresAt,
    caller: 'test',
  };
}

/** The record of the spend that settled it, at auth's door. */
export function settling({ holdId, scope }: Hold, cost?: number, onExpiry?: string): NewRecord {
  const metadata = onExpiry === undefined ? {} : { metadata: { onExpiry } };
  const event = { source: HOLDS_SOURCE, id: holdId, holdId, ...metadata };
  const amount = cost === undefined ? undefined : String(cost);
  return spendRecord(scope, amount, { ...event, holdOutcome: 'settled' });
}

/** The record of the correction after it; none: another spend says what the call cost. */
export function amending(hold: Hold, cost: number | undefined): NewRecord {
  const ledger = { currency: 'USD', partitions: TEST_PARTITIONS, now: PAST };
  const by = { source: 'gateway', id: hold.holdId };
  const call = cost === undefined ? { by } : { amountPico: picoOfDecimal(String(cost)) };
  const { partition, record } = amendRecord(hold, call, ledger);
  return { partition, ...record };
}
