import type { Prepared, PreparedStatement } from './prepared';

/** Commits of this user that Postgres does not confirm, as no synchronous standby has them. */
export interface CommitWaits {
  readonly count: number;
  /** How long the longest has waited, in seconds; 0 without any. */
  readonly longestSeconds: number;
}

/** Any user may ask this of its own sessions. The statement whose commit it is began when the wait did, or before. */
const WAITS: PreparedStatement = {
  name: 'commit-waits',
  text: `
    select count(*)::int, coalesce(extract(epoch from max(clock_timestamp() - query_start)), 0)::float8
    from pg_stat_activity
    where datname = current_database() and wait_event_type = 'IPC' and wait_event = 'SyncRep'`,
};

export async function readCommitWaits(client: Prepared): Promise<CommitWaits> {
  const [row] = await client.prepared<readonly [number, number]>(WAITS, []);
  return { count: row![0], longestSeconds: Math.max(0, row![1]) };
}

/** Nothing is begun while earlier commits wait for a standby: it would wait like them, with its locks. */
export class CommitsWait extends Error {
  override readonly name = 'CommitsWait';
  /** What callers go by, as by an SQLSTATE. */
  readonly code = 'COMMITS_WAIT';

  constructor(count: number) {
    super(`${count} commits wait for a synchronous standby of Postgres`);
  }
}
