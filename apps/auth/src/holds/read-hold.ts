import { readRecordedSpends } from '#libs/balances';
import { findHold, stateOfHold, type Hold, type HoldNow, type HoldState } from '#libs/holds';
import { partitionOfHoldId, type Instant } from '#libs/ledger';
import type { Database } from '#libs/postgres';
import { eventKeyOf } from '#libs/wire';
import type { SettledHold } from './hold-outcome';

/** Reads holds as they stand now. */
export class HoldReader {
  constructor(private readonly database: Database) {}

  /** @returns `undefined`: there is none with this id, or no longer */
  find(holdId: string): Promise<HoldNow | undefined> {
    return findHold(this.database, holdId);
  }

  /**
   * Where the event stands that settled a hold: `undefined` before it is projected. It has no place when it is settled,
   * for it goes to the log after that is answered; so only a repeat is asked about.
   */
  async positionOf(
    holdId: string,
    { event, isRepeated }: SettledHold,
  ): Promise<string | undefined> {
    const partition = isRepeated ? partitionOfHoldId(holdId) : undefined;
    if (partition === undefined) return undefined;
    const eventKey = eventKeyOf(event);
    const found = await readRecordedSpends(this.database, [{ partition, eventKey }]);
    const recorded = found.get(eventKey);
    return recorded && `${partition}:${recorded.nextOffset}`;
  }

  /** The state of a hold that a flush found ended, which does not ask whether the projection has its event. */
  async stateOf(hold: Hold, now: Instant): Promise<HoldState> {
    if (hold.end?.state !== 'settling') return stateOfHold(hold, now, false);
    return (await this.find(hold.holdId))?.state ?? 'settled';
  }
}
