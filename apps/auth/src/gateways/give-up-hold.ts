import type { HoldDesk } from '../holds/hold-desk';
import type { HoldOutcome } from '../holds/hold-outcome';
import type { TakeRequest } from '../holds/hold-request';
import { Stopped, type Backlog } from './backlog';

export interface GivingUpParts {
  readonly desk: Pick<HoldDesk, 'submit'>;
  readonly backlog: Pick<Backlog, 'run' | 'isFull'>;
  /** `expires`: too many wait, so the money is free when the hold expires. */
  readonly onOutcome: (outcome: 'released' | 'expires') => void;
  readonly onError: (error: unknown) => void;
}

/** Sets money free that was held for calls of which no gateway knows that they were admitted. */
export class GivenUpHolds {
  constructor(private readonly parts: GivingUpParts) {}

  release(holdId: string, caller: string): void {
    this.inBackground(async () => {
      const { outcome } = await this.parts.desk.submit({ kind: 'release', holdId, caller });
      return outcome === 'released';
    });
  }

  /**
   * Releases what comes of a request that nobody waits for. Where that is not known, the request is sent again: its key
   * leads to the hold that it has, or to a new one.
   */
  releaseOf(request: TakeRequest, taking: Promise<HoldOutcome>): void {
    taking.then(
      (outcome) => this.releaseTaken(outcome, request.caller),
      () =>
        this.inBackground(async () => {
          this.releaseTaken(await this.parts.desk.submit(request), request.caller);
          return false;
        }),
    );
  }

  private releaseTaken(outcome: HoldOutcome, caller: string): void {
    if (outcome.outcome === 'taken') this.release(outcome.hold.holdId, caller);
  }

  private inBackground(job: () => Promise<boolean>): void {
    const { backlog, onOutcome, onError } = this.parts;
    if (backlog.isFull) {
      onOutcome('expires');
      return;
    }
    backlog.run(job).then(
      (isReleased) => {
        if (isReleased) onOutcome('released');
      },
      (error: unknown) => {
        onOutcome('expires');
        if (!(error instanceof Stopped)) onError(error);
      },
    );
  }
}
