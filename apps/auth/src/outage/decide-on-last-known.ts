import { freshnessOf, missingLabels } from '#libs/balances';
import {
  includesPosition,
  formatPosition,
  millisBetween,
  windowOf,
  type Account,
  type BudgetState,
  type Instant,
  type Judgement,
  type Position,
} from '#libs/ledger';
import { Problem } from '#libs/runtime';
import { decideOn, type CheckPolicy, type CheckRequest, type Decision } from '../decision';
import type { KeptFences } from './kept-fences';
import type { LastKnown } from './last-known';

type Asked = Omit<CheckRequest, 'scope'>;

/**
 * The decision when Postgres cannot be asked (docs/operations.md): what is known to be exceeded blocks, each other
 * budget goes by its `outage`, and a scope with an account that is not remembered blocks, also a free call: nobody can
 * say that no rule is against it.
 * @returns `undefined` when nothing was ever read
 * @throws Problem `not_yet_visible`
 */
export function decideOnLastKnown(
  lastKnown: LastKnown,
  accounts: ReadonlyMap<string, Account>,
  request: Asked,
  policy: Pick<CheckPolicy, 'partitions' | 'unbudgeted'>,
): Decision | undefined {
  const { latest } = lastKnown;
  const { minPosition, labels } = request;
  if (latest === undefined) return undefined;
  const decidedAt = lastKnown.now();
  const unknown: string[] = [];
  const states: BudgetState[] = [];
  // Account by account: each may have been read at another time.
  const basis: KeptFences[] = [];
  for (const name of accounts.keys()) {
    const known = lastKnown.of(name);
    if (known === undefined) unknown.push(name);
    else for (const state of known.states) states.push(currently(state, decidedAt));
    basis.push(known?.fences ?? latest);
  }
  states.push(...missingLabels(lastKnown.required, labels));
  const position = leastPosition(basis);
  if (minPosition && !includesPosition(position, minPosition)) {
    throw new Problem('not_yet_visible', 'What is known here is of before this position.', {
      retryAfterSeconds: 1,
    });
  }
  const asOf = leastAsOf(basis, policy.partitions);
  const lagMs = millisBetween(asOf, decidedAt);
  const decision = decideOn(
    { states, decidedAt, position: formatPosition(position), asOf, lagMs, degraded: true },
    request,
    policy,
  );
  return unknown.length > 0 ? { ...decision, ...unknownScope(unknown) } : decision;
}

/**
 * The state as of now. Of a window that began after the account was read nothing is known to be spent; and a limit
 * whose `validUntil` has passed is none that anything could be known to exceed.
 */
function currently(state: BudgetState, now: Instant): BudgetState {
  const { validUntil } = state.budget;
  const window = windowOf(state.budget.window, now);
  const hasTurned = window.start !== state.window.start || window.end !== state.window.end;
  const hasEnded = validUntil !== undefined && validUntil <= now;
  if (!hasTurned && !hasEnded) return state;
  return {
    ...state,
    ...(hasTurned && { window, spentPico: 0n }),
    ...(hasEnded && { budget: { ...state.budget, limitPico: null } }),
  };
}

function unknownScope(accounts: readonly string[]): Judgement {
  return {
    allowed: false,
    budgets: [],
    blockedBy: null,
    unbudgeted: false,
    remainingPico: null,
    message: `The ledger is behind, and until it has caught up nothing is known here of ${accounts.join(', ')}`,
  };
}

function leastPosition(fences: readonly KeptFences[]): Position {
  const least = new Map<number, bigint>();
  for (const each of new Set(fences)) {
    for (const [partition, { nextOffset }] of each.unpack()) {
      const known = least.get(partition);
      if (known === undefined || nextOffset < known) least.set(partition, nextOffset);
    }
  }
  return least;
}

function leastAsOf(fences: readonly KeptFences[], partitions: number): Instant {
  let least: Instant | undefined;
  for (const each of new Set(fences)) {
    const { asOf = 0n } = freshnessOf({ now: each.now, fences: each.unpack() }, partitions);
    if (least === undefined || asOf < least) least = asOf;
  }
  return least ?? 0n;
}
