import type { GatewayRules } from '#libs/gateways';
import type { Instant, Labels, Scope } from '#libs/ledger';
import { formatMoney, printLabels } from '#libs/ledger';
import type { AnsweredDecision } from '../decisions/answered-decision';
import type { Denial } from './denial';

/** What the ledger says to a call. */
export type Answer =
  | { readonly outcome: 'admitted'; readonly call: AdmittedCall }
  /** Neither asked nor held: the rules call it free, or it has no scope and needs none. */
  | { readonly outcome: 'passed'; readonly pass: Pass }
  | { readonly outcome: 'denied'; readonly denial: Denial }
  /** The ledger cannot say; the gateway's own configuration decides. */
  | { readonly outcome: 'fault'; readonly denial: Denial };

export interface Pass {
  readonly gateway: string;
  readonly why: 'free' | 'unmapped';
}

/** A call that goes to the upstream, and what its reports have to bring back. */
export interface AdmittedCall {
  readonly callId: string;
  /** Where money is held for it; equal to `callId`. */
  readonly holdId: string | undefined;
  readonly rules: GatewayRules;
  readonly model: string | undefined;
  /** What is held, or was asked; `undefined`: the cost is unknown. */
  readonly estimatePico: bigint | undefined;
  /** The version of the prices that were in force. */
  readonly prices: string | undefined;
  /** When it was admitted: the price of then counts. */
  readonly at: Instant;
  readonly scope: Scope;
  /** Those that it was judged by. */
  readonly labels: Labels | undefined;
  readonly decision: AnsweredDecision;
}

/** What clients of the gateway read of the decision. */
export function headersToClient({ decision }: AdmittedCall): Record<string, string> {
  const { decisionId, remainingPico, budgets } = decision;
  const warning = budgets.map((each) => each.warning).reduce(larger, null);
  return {
    ...(remainingPico !== null && { 'x-spend-remaining': formatMoney(remainingPico) }),
    ...(warning !== null && { 'x-spend-warning': warning }),
    ...(decisionId !== null && { 'x-spend-decision-id': decisionId }),
  };
}

/** What the upstream gets; a header of the same name that the client sent is overwritten, any other of ours removed. */
export function headersToUpstream({ holdId }: AdmittedCall): Record<string, string> {
  return holdId === undefined ? {} : { [HOLD_ID_HEADER]: holdId };
}

export const HOLD_ID_HEADER = 'x-spend-hold-id';
/** Headers that begin so are the ledger's, and no client's: they never reach an upstream. */
export const OWN_HEADERS = 'x-spend-';

/** What reports of this call bring back; of one that is not charged, that it is not. */
export function metadataOf(
  answer: Answer,
  gateway: string,
): Record<string, string | number> | undefined {
  switch (answer.outcome) {
    case 'admitted':
      return callMetadata(answer.call);
    case 'passed':
      return { gateway, outcome: answer.pass.why };
    case 'denied':
      return { gateway, outcome: answer.denial.code };
    case 'fault':
      return undefined;
  }
}

/** What the gateway keeps beside the call until its report, where only its filters can write: flat, as reports read it. */
function callMetadata(call: AdmittedCall): Record<string, string | number> {
  const { callId, holdId, rules, labels, model, estimatePico, prices, decision } = call;
  const { remainingPico } = decision;
  return {
    call_id: callId,
    ...(holdId !== undefined && { hold_id: holdId }),
    gateway: rules.name,
    ...(model !== undefined && { model }),
    ...(estimatePico !== undefined && { estimate: formatMoney(estimatePico) }),
    ...(remainingPico !== null && { remaining: formatMoney(remainingPico) }),
    ...(prices !== undefined && { prices }),
    // Milliseconds, to the microsecond: a report settles at this very instant.
    at: Number(call.at) / 1000,
    ...(holdId === undefined && { scope: JSON.stringify(call.scope) }),
    ...(holdId === undefined && labels && { labels: JSON.stringify(printLabels(labels)) }),
  };
}

function larger(one: string | null, other: string | null): string | null {
  if (one === null || other === null) return one ?? other;
  return Number(one) >= Number(other) ? one : other;
}
