import { printBudget, type Budget } from './budget';
import { picoOfDecimal } from './money';
import { parsePeriod } from './window/period';
import { printWindowRule } from './window/print-window';
import type { WindowRule } from './window/window-rule';

/**
 * Whether two budgets say the same, however it is spelled. A budget that was read is in one form already, but for what
 * it keeps as given: shares ("0.80" is "0.8", in whatever order) and durations (P1W is P7D; P1M is not P30D).
 */
export function isSameSetting(one: Budget, other: Budget): boolean {
  return meaningOf(one) === meaningOf(other);
}

function meaningOf(budget: Budget): string {
  const shares = new Set(budget.warnAt.map(picoOfDecimal));
  return JSON.stringify({
    ...printBudget(budget),
    window: meaningOfWindow(budget.window),
    warnAt: [...shares].map(String).sort(),
  });
}

/** The n-th window of `every` is a function of its anchor and these two lengths. */
function meaningOfWindow(rule: WindowRule): object {
  if (rule.type !== 'every') return printWindowRule(rule);
  const { months, micros } = parsePeriod(rule.duration)!;
  return { ...printWindowRule(rule), duration: [months, String(micros)] };
}
