import type { BudgetChecker, CheckRequest } from '../check-budget';
import type { AnsweredDecision } from './answered-decision';
import type { DecisionKeeper } from './keep-decision';

/** Answers budget checks, and keeps the answers that are to be kept. */
export class CheckAnswerer {
  constructor(
    private readonly checker: BudgetChecker,
    private readonly keeper: DecisionKeeper,
  ) {}

  /**
   * @param caller who asks
   * @throws Problem, as BudgetChecker.check does
   */
  async check(request: CheckRequest, caller: string): Promise<AnsweredDecision> {
    return this.keeper.keep(await this.checker.check(request), request, caller);
  }
}
