import { readHolds } from '#libs/holds';
import type { Position } from '#libs/ledger';
import type { Prepared } from '#libs/postgres';
import type { SnapshotReader } from '../snapshot-reader';
import type { HoldDesk } from './hold-desk';
import type { HoldQuota } from './hold-quota';
import type { HoldOutcome } from './hold-outcome';
import type { TakeRequest } from './hold-request';

export interface TakerParts {
  readonly desk: Pick<HoldDesk, 'submit'>;
  readonly snapshots: Pick<SnapshotReader, 'awaitVisible'>;
  readonly quota: Pick<HoldQuota, 'admit'>;
  readonly reads: Prepared;
}

/** Takes holds on numbers that are new enough for who asks: positions only grow, so the flush has them too. */
export class HoldTaker {
  constructor(private readonly parts: TakerParts) {}

  /** @throws Problem, as `SnapshotReader.awaitVisible`, `HoldQuota.admit` and `HoldDesk.submit` do */
  async take(request: TakeRequest, minPosition: Position | undefined): Promise<HoldOutcome> {
    const { desk, snapshots, quota } = this.parts;
    await snapshots.awaitVisible(minPosition);
    try {
      await quota.admit(request.caller);
    } catch (refusal) {
      // The same request once more takes nothing: it gets the hold that it has.
      if (!(await this.isRepeated(request))) throw refusal;
    }
    return desk.submit(request);
  }

  private async isRepeated({ caller, idempotencyKey: key }: TakeRequest): Promise<boolean> {
    if (key === null) return false;
    return (await readHolds(this.parts.reads, { ids: [], keys: [{ caller, key }] })).length > 0;
  }
}
