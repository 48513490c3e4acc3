import type { CorrectionEvent, SpendEvent } from '../types.js';

/** A report that must reach the ledger, as the journal keeps it. It has no token, and no prompt. */
export interface Entry {
  /** Of the entry; the spend of a call has it as its event's id. */
  readonly id: string;
  /** `admitted`: its call runs, and the cost is not known. `due`: it can be sent. */
  readonly state: 'admitted' | 'due';
  /** The hold that it settles. Without one it is sent as an event. */
  readonly holdId?: string;
  /** What was spent. A settle says the same in other words. */
  readonly event: SpendEvent | CorrectionEvent;
  /** The client may change the time of the event, where the ledger refuses it: it has made it, or says it in place of a settle. */
  readonly isTimeOurs: boolean;
  /** When the hold was taken: the time of an event in place of its settle, so that there is one such event. */
  readonly takenAt?: string;
  /** The ledger has refused the time: a settle goes without. */
  readonly isTimeless?: boolean;
  /** Not sent before, in milliseconds since 1970: the ledger asked to wait. */
  readonly notBefore?: number;
}

/** An entry that the ledger has refused for good. */
export interface DeadEntry {
  readonly entry: Entry;
  readonly reason: string;
}

/** @internal The report of a call whose process has died: what it cost cannot be known. */
export function withUnknownCost(entry: Entry): Entry {
  const { scope, requestId, holdId, model, labels, metadata } = (entry.event as SpendEvent).data;
  const data = { scope, basis: 'unknown' as const, requestId, holdId, model, labels, metadata };
  return { ...entry, state: 'due', event: { ...entry.event, data } as SpendEvent };
}

/** @internal To be sent as an event: its hold is not there to be settled. What was said of the time of a settle is not said of this one. */
export function withoutHold({ holdId: _, takenAt, isTimeless: __, ...entry }: Entry): Entry {
  const { event } = entry;
  return { ...entry, isTimeOurs: true, event: { ...event, time: takenAt ?? event.time } };
}

/** @internal */
export function withoutMetadata(entry: Entry): Entry {
  const event = entry.event as SpendEvent;
  const { metadata: _, ...data } = event.data;
  return { ...entry, event: { ...event, data } };
}

/** @internal How many are in each state. */
export function countStates(entries: Iterable<Entry>): Record<Entry['state'], number> {
  const counts = { admitted: 0, due: 0 };
  for (const { state } of entries) counts[state] += 1;
  return counts;
}
