import type { Answer } from '#libs/testing';

type Kind = 'check' | 'read';

const MOST_DIFFERENCES = 5;

/** Answers that stand at one position say the same of a budget, at every door and for every question. */
export class EqualPositions {
  answers = 0;
  /** How many of them stood beside one of the other kind. */
  compared = 0;
  /** The first of them. */
  readonly differences: string[] = [];
  /** What each kind has said, by position and then by budget. */
  private readonly said = new Map<string, Map<string, Map<Kind, string>>>();

  add(kind: Kind, { position, budgets }: Answer['body']): void {
    this.answers++;
    let isCompared = false;
    for (const budget of budgets) {
      const said = this.saidOf(position, budget.budgetId);
      const text = JSON.stringify(budget);
      for (const [other, before] of said) {
        if (other !== kind) isCompared = true;
        if (before !== text && this.differences.length < MOST_DIFFERENCES) {
          this.differences.push(`at ${position} ${other} said ${before}, ${kind} ${text}`);
        }
      }
      said.set(kind, text);
    }
    if (isCompared) this.compared++;
  }

  /** What was said to be spent, `[budget, spent]`, by position. */
  *spent(): Iterable<[position: string, spent: (readonly [string, string])[]]> {
    for (const [position, budgets] of this.said) {
      yield [
        position,
        [...budgets].flatMap(([budgetId, said]) =>
          [...said.values()].map((text) => [budgetId, JSON.parse(text).spent] as const),
        ),
      ];
    }
  }

  private saidOf(position: string, budgetId: string): Map<Kind, string> {
    const budgets = this.said.get(position) ?? new Map<string, Map<Kind, string>>();
    this.said.set(position, budgets);
    const said = budgets.get(budgetId) ?? new Map<Kind, string>();
    budgets.set(budgetId, said);
    return said;
  }
}
