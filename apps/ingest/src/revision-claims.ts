import type { Database } from '#libs/postgres';
import { claimBudgetRevision, type RevisionClaim, type WantedRevision } from '#libs/recording';
import type { Batcher } from '#libs/runtime';
import type { RecordingRounds } from './recording-rounds';

/** Changes at the same instant; the others wait, so that no number of them takes every connection. */
const CLAIMS_UNDER_WAY = 2;

/** Claims revisions, each in a transaction of its own. */
export class RevisionClaims {
  private readonly batcher: Batcher<WantedRevision, RevisionClaim>;

  constructor(database: Database, rounds: RecordingRounds) {
    this.batcher = rounds.batcher({
      maxBatch: 1,
      concurrency: CLAIMS_UNDER_WAY,
      flush: async ([wanted]) => [await claimBudgetRevision(database, wanted!)],
    });
  }

  /**
   * @throws Problem `overloaded`; `unavailable`, which says that it is not known
   */
  claim(wanted: WantedRevision): Promise<RevisionClaim> {
    return this.batcher.submit(wanted);
  }
}
