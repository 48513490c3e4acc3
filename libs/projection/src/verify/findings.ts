import type { LedgerDifference } from './ledger-difference';

/** The first differences of each check, and how many there are in all. */
export class Findings {
  readonly differences: LedgerDifference[] = [];
  found = 0;

  /** @param most how many of one check are kept */
  constructor(readonly most: number) {}

  /** Those of several checks, in their order. */
  static of(all: readonly Findings[]): Findings {
    const together = new Findings(Math.max(...all.map(({ most }) => most)));
    for (const { differences, found } of all) together.add(differences, found);
    return together;
  }

  add(differences: readonly LedgerDifference[], found = differences.length): void {
    this.found += found;
    this.differences.push(...differences.slice(0, this.most));
  }
}
