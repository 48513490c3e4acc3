import type { Deadline } from '@grpc/grpc-js';
import { within } from '#libs/runtime';

/** Of the time that a caller leaves: the answer has to come back in the rest of it. */
const SHARE = 0.9;
/** For callers that set no limit: a report is tried for as long as the ledger cannot do it. */
const LONGEST_WAIT_MS = 3_600_000;

/** Until when a door answers: a caller that gives up goes on without the ledger. */
export class AnswerTime {
  constructor(private readonly monotonicMs: () => number) {}

  /** @returns an instant of the process's clock that never goes back, in milliseconds; or Infinity */
  answerByMs(deadline: Deadline): number {
    const atMs = typeof deadline === 'number' ? deadline : deadline.getTime();
    return this.monotonicMs() + SHARE * (atMs - Date.now());
  }

  /** Waits for work no longer than an answer may take; the work goes on. */
  async within(answerByMs: number, work: Promise<unknown>): Promise<void> {
    const leftMs = answerByMs - this.monotonicMs();
    if (leftMs <= 0) return;
    await within(work, Math.min(leftMs, LONGEST_WAIT_MS), () => undefined);
  }
}
