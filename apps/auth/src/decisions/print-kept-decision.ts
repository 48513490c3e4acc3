import { formatInstant, formatMoney, type Scope } from '#libs/ledger';
import type { KeptDecision } from './answered-decision';
import { printDecision, type DecisionDocument } from './print-decision';

/** A kept decision as callers see it: as it was answered first, and what it answers. */
export interface KeptDecisionDocument extends DecisionDocument {
  readonly scope: Scope;
  readonly estimate: string | null;
  readonly model?: string;
  /** How many equal refusals there were in its minute. */
  readonly count: number;
  readonly lastDecidedAt: string;
}

export function printKeptDecision(kept: KeptDecision): KeptDecisionDocument {
  const { count, lastDecidedAt } = kept;
  return { ...documentOf(kept), count, lastDecidedAt: formatInstant(lastDecidedAt) };
}

/** What of it never changes. */
export function documentOf({
  decisionId,
  decision,
  scope,
  estimatePico,
  model,
}: KeptDecision): Omit<KeptDecisionDocument, 'count' | 'lastDecidedAt'> {
  const estimate = estimatePico === undefined ? null : formatMoney(estimatePico);
  const printed = printDecision({ ...decision, decisionId });
  return { ...printed, scope, estimate, ...(model !== undefined && { model }) };
}
