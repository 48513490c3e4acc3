import type { Database } from '#libs/postgres';
import { Problem } from '#libs/runtime';

/**
 * A ledger that was made anew over an old log has no claims of what that log holds, and would record an old id with
 * other content. The projector makes them again as it reads; until it has come past them, nothing is recorded.
 */
export class ClaimRestoration {
  private isDone = false;

  constructor(private readonly database: Database) {}

  async isComplete(): Promise<boolean> {
    if (this.isDone) return true;
    const missing = await this.database.kysely
      .selectFrom('projection_partition')
      .select('partition')
      .whereRef('next_offset', '<', 'claims_until')
      .limit(1)
      .execute();
    this.isDone = missing.length === 0;
    return this.isDone;
  }

  /** @throws Problem `unavailable` */
  async check(): Promise<void> {
    if (this.isDone || (await this.isComplete())) return;
    throw new Problem('unavailable', 'The ledger is still reading the log it was made anew from.', {
      retryAfterSeconds: 1,
    });
  }
}
