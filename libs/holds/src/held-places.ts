import {
  formatAccount,
  partitionOfHeld,
  partitionOfScope,
  poolsOf,
  scopeAccountsOf,
  type Labels,
  type Scope,
  type ScopeAccount,
} from '#libs/ledger';
import type { Hold } from './hold';

/** Where a process writes held money. */
export interface HeldPlaces {
  readonly partitions: number;
  /** Its slot of pools: processes with different ones do not wait for each other. */
  readonly slot: number;
}

/** The slot of a process, as it draws it when it starts. */
export function drawSlot(slots: number, random: () => number = Math.random): number {
  return Math.floor(random() * slots);
}

/** An account where its held money stands. */
export interface HeldAccount {
  readonly partition: number;
  readonly account: string;
}

export function heldAccountsOf(scope: Scope, partitions: number): HeldAccount[] {
  return scopeAccountsOf(scope).map((account) => placeOfHeld(account, partitions));
}

export function placeOfHeld(account: ScopeAccount, partitions: number): HeldAccount {
  return { partition: partitionOfHeld(account, partitions), account: formatAccount(account) };
}

/** The pools that a hold with these labels is taken on. */
export function poolNamesOf(labels: Labels | undefined): string[] {
  return poolsOf(labels).map(formatAccount);
}

/** In which partition a hold of this scope stands. */
export function partitionOfHold(hold: Pick<Hold, 'scope'>, partitions: number): number {
  return partitionOfScope(hold.scope, partitions);
}
