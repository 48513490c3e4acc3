import type { Spend } from '#libs/ledger';

/** What adds to balances: a spend, or the difference that a correction makes. */
export type BalanceChange = Pick<Spend, 'scope' | 'labels' | 'time' | 'amountPico'>;
