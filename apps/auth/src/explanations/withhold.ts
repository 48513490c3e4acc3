import type { AccountDocument, DecisionDocument } from '#libs/audit';

/** Which accounts a caller may read. */
export type MayRead = (account: string) => boolean;

type NotCounted = AccountDocument['notCounted'][number];

/** An account that the reader may not read is named, and its figures are not shown. */
export type ShownNotCounted = Omit<NotCounted, 'spent' | 'calls' | 'unpriced'> & {
  readonly spent: string | null;
  readonly calls: number | null;
  readonly unpriced: number | null;
};

export type ShownAccount = Omit<AccountDocument, 'notCounted'> & {
  readonly notCounted: readonly ShownNotCounted[];
};

export function showAccount(document: AccountDocument, mayRead: MayRead): ShownAccount {
  const notCounted = document.notCounted.map((other) =>
    mayRead(other.account) ? other : { ...other, spent: null, calls: null, unpriced: null },
  );
  return { ...document, notCounted };
}

const WITHHELD = 'your bindings do not reach this account';

/**
 * A check shows its caller the numbers of every budget that judged it. What these numbers are made of is shown only of
 * accounts that the reader may read.
 */
export function showDecision(document: DecisionDocument, mayRead: MayRead): DecisionDocument {
  const budgets = document.budgets.map((budget) =>
    mayRead(budget.account) ? budget : withheld(budget),
  );
  return { ...document, budgets };
}

function withheld(budget: DecisionDocument['budgets'][number]): typeof budget {
  return {
    ...budget,
    limit: undecided(budget.limit),
    window: undecided(budget.window),
    spent: undecided(budget.spent),
    held: undecided(budget.held),
    unpriced: 0,
    earlier: 0,
    entries: [],
    holds: [],
  };
}

function undecided<T>({ decided }: { readonly decided: T }) {
  return { decided, verdict: 'unknown' as const, doubts: [WITHHELD] };
}
