import type { Database } from '#libs/postgres';
import { findDecision } from './decision-rows';
import { printKeptDecision, type KeptDecisionDocument } from './print-kept-decision';
import { isDecisionId } from './decision-id';
import type { DecisionWriter } from './write-decisions';

/** Finds a decision that is kept, also one that this process has answered and not yet written. */
export class DecisionReader {
  constructor(
    private readonly database: Database,
    private readonly writer: DecisionWriter,
  ) {}

  async read(decisionId: string): Promise<KeptDecisionDocument | undefined> {
    if (!isDecisionId(decisionId)) return undefined;
    const unwritten = await this.writer.hurry(decisionId);
    if (unwritten) return printKeptDecision(unwritten);
    return findDecision(this.database, decisionId);
  }
}
