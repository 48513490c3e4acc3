import type { Account } from './account';
import { isRefusedBy } from './decide';
import type { Instant } from './instant';
import type { JudgedBudget } from './judgement';

/** Held money of an account that is free again from an instant on. */
export interface HeldUntil {
  readonly at: Instant;
  readonly amountPico: bigint;
}

/**
 * The earliest instant at which the same request could pass if nobody spends: for each budget that
 * refuses it when enough of what is held has expired, or its window has ended, or both; of all of them the last.
 * @param heldUntil what is held on an account and expires, in the order of time. What is held besides is being settled,
 * and so spent in the current window.
 * @returns `null`: neither helps
 */
export function earliestPass(
  budgets: readonly JudgedBudget[],
  estimatePico: bigint | undefined,
  heldUntil: (account: Account) => readonly HeldUntil[],
): Instant | null {
  let latest: Instant | null = null;
  for (const judged of budgets) {
    if (!isRefusedBy(judged, estimatePico)) continue;
    if (judged.account.kind === 'missing_label') return null;
    const pass = passOf(judged, estimatePico, heldUntil(judged.account));
    if (pass === null) return null;
    if (latest === null || pass > latest) latest = pass;
  }
  return latest;
}

function passOf(
  { budget, window, spentPico, heldPico }: JudgedBudget,
  // Of an unknown cost there must be something left.
  neededPico = 1n,
  expiries: readonly HeldUntil[],
): Instant | null {
  const mostPico = (budget.limitPico ?? 0n) - neededPico;
  if (mostPico < 0n) return null;
  let expiringPico = expiries.reduce((sum, { amountPico }) => sum + amountPico, 0n);
  const settlingPico = heldPico > expiringPico ? heldPico - expiringPico : 0n;
  const { end } = window;
  for (const { at, amountPico } of expiries) {
    if (end !== null && at >= end && expiringPico <= mostPico) return end;
    expiringPico -= amountPico;
    const hasTurned = end !== null && at >= end;
    const usedPico = expiringPico + (hasTurned ? 0n : spentPico + settlingPico);
    if (usedPico <= mostPico) return at;
  }
  return end;
}
