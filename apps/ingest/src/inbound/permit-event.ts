import {
  keyInUse,
  keyOfAnother,
  permitLabels,
  permitRole,
  permitScope,
  permitSource,
  readForeignKeys,
  type Caller,
  type KeyInUse,
} from '#libs/access';
import type { Database } from '#libs/postgres';
import { isClaimed } from '#libs/recording';
import { Batcher } from '#libs/runtime';
import {
  eventKeyOf,
  spendContentHash,
  type ReportedAdjustment,
  type ReportedSpend,
} from '#libs/wire';
import type { ClaimRestoration } from '../claim-restoration';

/** Says what a caller may record. Of unbound callers nothing is looked up. */
export class EventPermits {
  private readonly foreignKeys: Batcher<KeyInUse, boolean>;

  constructor(
    /** That gives a statement up which has no answer in time. */
    private readonly database: Database,
    private readonly claims: Pick<ClaimRestoration, 'check'>,
    limits: { readonly maxBatch: number; readonly maxQueue: number },
  ) {
    const { maxBatch, maxQueue } = limits;
    const flush = (keys: readonly KeyInUse[]) => readForeignKeys(database, keys);
    this.foreignKeys = new Batcher({ maxBatch, maxQueue, flush });
  }

  /**
   * Spends need the role `record`, corrections `admin`; both a source that the caller may report of. Whose spend a
   * correction corrects is looked at where that is found.
   * @returns what is recorded: with the labels that the caller's bindings fill in
   * @throws Problem `forbidden`, `overloaded`, `unavailable`
   */
  async permit<Reported extends ReportedSpend | ReportedAdjustment>(
    caller: Caller,
    reported: Reported,
  ): Promise<Reported> {
    if (!('spend' in reported)) {
      permitRole(caller, 'admin');
      permitSource(caller, reported.adjustment.source);
      return reported;
    }
    const { spend } = reported;
    permitRole(caller, 'record');
    permitSource(caller, spend.source);
    permitScope(caller, spend.scope);
    const { filledIn } = permitLabels(caller, spend.labels);
    const bound = filledIn === undefined ? reported : { ...reported, boundLabels: filledIn };
    const key = keyInUse(caller.bindings, spend.scope);
    if (key === undefined || !(await this.foreignKeys.submit(key))) return bound;
    // Who has recorded it before somebody else used the key gets the same answer again.
    await this.claims.check();
    const claim = { eventKey: eventKeyOf(spend), contentHash: spendContentHash(spend) };
    if (!(await isClaimed(this.database, claim))) throw keyOfAnother(caller);
    return bound;
  }
}
