import { findHold, stateOfHold, type Hold, type HoldNow, type HoldState } from '#libs/holds';
import type { Instant } from '#libs/ledger';
import type { Database } from '#libs/postgres';

/** Reads holds as they stand now. */
export class HoldReader {
  constructor(private readonly database: Database) {}

  /** @returns `undefined`: there is none with this id, or no longer */
  find(holdId: string): Promise<HoldNow | undefined> {
    return findHold(this.database, holdId);
  }

  /** The state of a hold that a flush found ended, which does not ask whether the projection has its event. */
  async stateOf(hold: Hold, now: Instant): Promise<HoldState> {
    if (hold.end?.state !== 'settling') return stateOfHold(hold, now, false);
    return (await this.find(hold.holdId))?.state ?? 'settled';
  }
}
