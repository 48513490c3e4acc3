import { Problem } from '#libs/runtime';

/** Postgres cannot be asked now; who can do without answers out of what was last known. */
export class PostgresGone extends Problem {
  constructor(cause?: unknown) {
    super('unavailable', 'The database of the ledger does not answer. Send the same again later.', {
      retryAfterSeconds: 1,
      cause,
    });
  }
}
