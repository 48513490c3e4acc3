import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '#libs/postgres';
import { isDecisionId } from './decision-id';
import { findDecision } from './decision-rows';
import { printKeptDecision, type KeptDecisionDocument } from './print-kept-decision';
import type { DecisionWriter } from './write-decisions';

const POLL_MS = 50;

/** Finds a decision that is kept, also one that was answered a moment ago and is not written yet. */
export class DecisionReader {
  constructor(
    private readonly database: Database,
    private readonly writer: DecisionWriter,
    /** How long one is looked for that another process may be about to write. */
    private readonly limits: { readonly findWaitMs: number },
  ) {}

  async read(decisionId: string): Promise<KeptDecisionDocument | undefined> {
    if (!isDecisionId(decisionId)) return undefined;
    const unwritten = await this.writer.hurry(decisionId);
    if (unwritten) return printKeptDecision(unwritten);
    const deadline = performance.now() + this.limits.findWaitMs;
    for (;;) {
      const found = await findDecision(this.database, decisionId);
      if (found || performance.now() >= deadline) return found;
      await sleep(POLL_MS);
    }
  }
}
