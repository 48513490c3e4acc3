import { Batcher, isDependencyFailure, isUniqueViolation, Problem } from '#libs/runtime';
import type { Decision } from '../decision';
import type { DecisionKeeper } from '../decisions/keep-decision';
import { flushHolds, type FlushParts } from './flush-holds';
import type { HoldOutcome } from './hold-outcome';
import type { HoldRequest } from './hold-request';

export interface DeskLimits {
  /** Most requests that one flush serves. */
  readonly maxBatch: number;
  /** Most that wait; more are refused as overloaded. */
  readonly maxQueue: number;
  /** Flushes under way at the same time. */
  readonly concurrency: number;
  /** How long an answer may take; then nobody knows whether it was done. */
  readonly recordWaitMs: number;
  /** How often a flush is tried that met another caller's use of the same idempotency key. */
  readonly maxAttempts: number;
}

export interface DeskParts extends FlushParts {
  readonly keeper: DecisionKeeper;
  readonly limits: DeskLimits;
  /** Something lies in the outbox. */
  readonly onSettled: () => void;
  readonly onServed: (outcome: HoldOutcome, request: HoldRequest) => void;
  /** A flush has ended, well or not. */
  readonly onFlushed?: (seconds: number) => void;
}

/** Where holds are taken, settled, released and extended: what comes while a flush is under way goes into the next. */
export class HoldDesk {
  private readonly batcher: Batcher<HoldRequest, HoldOutcome>;

  constructor(private readonly parts: DeskParts) {
    const { recordWaitMs: withinMs } = parts.limits;
    this.batcher = new Batcher({
      ...parts.limits,
      flush: (requests) => this.flush(requests),
      answer: { withinMs, late: () => notKnown(withinMs) },
    });
  }

  /**
   * A rejection says *unknown*: the same again is harmless, of a hold with its idempotency key.
   * @throws Problem `overloaded`, `unavailable`
   */
  submit(request: HoldRequest): Promise<HoldOutcome> {
    return this.batcher.submit(request);
  }

  /** How many wait. */
  get queued(): number {
    return this.batcher.queued;
  }

  private async flush(requests: readonly HoldRequest[]): Promise<HoldOutcome[]> {
    const startedMs = performance.now();
    const outcomes = await this.serve(requests).finally(() =>
      this.parts.onFlushed?.((performance.now() - startedMs) / 1_000),
    );
    if (outcomes.some(({ outcome }) => outcome === 'settled')) this.parts.onSettled();
    return outcomes.map((outcome, n) => {
      const answered = this.answer(outcome, requests[n]!.caller);
      this.parts.onServed(answered, requests[n]!);
      return answered;
    });
  }

  /** A key that another flush used a moment ago is found when the flush is done again. */
  private async serve(requests: readonly HoldRequest[]): Promise<readonly HoldOutcome<Decision>[]> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await flushHolds(this.parts, requests);
      } catch (error) {
        if (attempt < this.parts.limits.maxAttempts && isUniqueViolation(error)) continue;
        // Those behind would wait for the same, one batch after the other.
        if (isDependencyFailure(error)) this.batcher.failWaiting(error);
        throw error;
      }
    }
  }

  /** What was decided is kept once it is true. */
  private answer(outcome: HoldOutcome<Decision>, caller: string): HoldOutcome {
    const { keeper } = this.parts;
    switch (outcome.outcome) {
      case 'taken': {
        const { decision, question, hold, isRepeated } = outcome;
        const { decisionId } = hold;
        return {
          ...outcome,
          decision: isRepeated
            ? { ...decision, decisionId }
            : keeper.keep(decision, question, caller, decisionId),
        };
      }
      case 'refused':
        return { ...outcome, decision: keeper.keep(outcome.decision, outcome.question, caller) };
      case 'extended': {
        const { decided } = outcome;
        return {
          ...outcome,
          decided: decided && {
            ...decided,
            decision: keeper.keep(decided.decision, decided.question, caller),
          },
        };
      }
      default:
        return outcome;
    }
  }
}

const notKnown = (withinMs: number): Problem =>
  new Problem(
    'unavailable',
    `Whether it was done is not known: nothing answered within ${withinMs} ms. Send the same again, a hold with its Idempotency-Key.`,
    { retryAfterSeconds: 1 },
  );
