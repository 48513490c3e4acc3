import type { LedgerDifference } from './ledger-difference';

/** The first differences of each check, and how many there are in all. */
export class Findings {
  readonly differences: LedgerDifference[] = [];
  found = 0;

  /** @param most how many of one check are kept */
  constructor(readonly most: number) {}

  add(differences: readonly LedgerDifference[], found = differences.length): void {
    this.found += found;
    this.differences.push(...differences.slice(0, this.most));
  }
}
