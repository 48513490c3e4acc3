import { overrunOf, type Hold, type HoldNow, type HoldState, type OnExpiry } from '#libs/holds';
import {
  formatInstant,
  formatMoney,
  millisBetween,
  printLabels,
  type EventId,
  type Instant,
  type Scope,
} from '#libs/ledger';
import { printDecision, type DecisionDocument } from '../decisions/print-decision';
import type { ExtendedHold, TakenHold } from './hold-outcome';

/** A hold as callers see it (docs/api.md, Holds). */
export interface HoldDocument {
  readonly holdId: string;
  readonly scope: Scope;
  /** `null`: it has none. */
  readonly labels: Readonly<Record<string, string>> | null;
  readonly model: string | null;
  readonly amount: string;
  readonly state: HoldState;
  readonly expiresAt: string;
  readonly remainingTtlMs: number;
  readonly createdAt: string;
  readonly ageMs: number;
  readonly caller: string;
  readonly requestId: string | null;
  readonly onExpiry: OnExpiry;
  readonly decisionId: string | null;
  /** What the call cost in the end; `null` until it is known. */
  readonly settledBy: SettledDocument | null;
}

export interface SettledDocument extends Omit<EventId, 'id'> {
  readonly eventId: string;
  /** `null`: unknown. */
  readonly amount: string | null;
  readonly overrun: string;
  readonly late: boolean;
}

export function printHold({ hold, state, now }: HoldNow): HoldDocument {
  return {
    holdId: hold.holdId,
    scope: hold.scope,
    labels: hold.labels ? printLabels(hold.labels) : null,
    model: hold.model,
    amount: formatMoney(hold.amountPico),
    state,
    expiresAt: formatInstant(hold.expiresAt),
    remainingTtlMs: state === 'active' ? remainingTtlMs(hold, now) : 0,
    createdAt: formatInstant(hold.createdAt),
    ageMs: millisBetween(hold.createdAt, now),
    caller: hold.caller,
    requestId: hold.requestId,
    onExpiry: hold.onExpiry,
    decisionId: hold.decisionId,
    settledBy: printSettled(hold),
  };
}

/** The answer to a hold that was taken. */
export interface TakenDocument {
  readonly holdId: string;
  readonly amount: string;
  readonly expiresAt: string;
  readonly remainingTtlMs: number;
  readonly state: HoldState;
  readonly decision: DecisionDocument;
}

export function printTaken({ hold, decision, now }: TakenHold): TakenDocument {
  return {
    holdId: hold.holdId,
    ...printExtended({ hold, now }),
    state: 'active',
    decision: printDecision(decision),
  };
}

export interface ExtendedDocument {
  readonly amount: string;
  readonly expiresAt: string;
  readonly remainingTtlMs: number;
}

export function printExtended({ hold, now }: Pick<ExtendedHold, 'hold' | 'now'>): ExtendedDocument {
  return {
    amount: formatMoney(hold.amountPico),
    expiresAt: formatInstant(hold.expiresAt),
    remainingTtlMs: remainingTtlMs(hold, now),
  };
}

export function remainingTtlMs({ expiresAt }: Hold, now: Instant): number {
  return millisBetween(now, expiresAt);
}

function printSettled(hold: Hold): SettledDocument | null {
  const { end } = hold;
  if (end?.state !== 'settling') return null;
  return {
    source: end.event.source,
    eventId: end.event.id,
    amount: end.actualPico === undefined ? null : formatMoney(end.actualPico),
    overrun: formatMoney(overrunOf(hold, end)),
    late: end.late,
  };
}
