import type { Deadline } from '@grpc/grpc-js';

/** Of the time that a caller leaves: the answer has to come back in the rest of it. */
const SHARE = 0.9;

/** Until when a door answers: a caller that gives up goes on without the ledger. */
export class AnswerTime {
  constructor(private readonly monotonicMs: () => number) {}

  /** @returns an instant of the process's clock that never goes back, in milliseconds; or Infinity */
  answerByMs(deadline: Deadline): number {
    const atMs = typeof deadline === 'number' ? deadline : deadline.getTime();
    return this.monotonicMs() + SHARE * (atMs - Date.now());
  }
}
