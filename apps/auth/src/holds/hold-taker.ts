import type { Position } from '#libs/ledger';
import type { SnapshotReader } from '../snapshot-reader';
import type { HoldDesk } from './hold-desk';
import type { HoldQuota } from './hold-quota';
import type { HoldOutcome } from './hold-outcome';
import type { TakeRequest } from './hold-request';

/** Takes holds on numbers that are new enough for who asks: positions only grow, so the flush has them too. */
export class HoldTaker {
  constructor(
    private readonly desk: Pick<HoldDesk, 'submit'>,
    private readonly snapshots: Pick<SnapshotReader, 'awaitVisible'>,
    private readonly quota: Pick<HoldQuota, 'admit'>,
  ) {}

  /** @throws Problem, as `SnapshotReader.awaitVisible`, `HoldQuota.admit` and `HoldDesk.submit` do */
  async take(request: TakeRequest, minPosition: Position | undefined): Promise<HoldOutcome> {
    await this.snapshots.awaitVisible(minPosition);
    await this.quota.admit(request.caller);
    return this.desk.submit(request);
  }
}
