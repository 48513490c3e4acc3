import type { ControlledTransaction } from 'kysely';
import type { Database, Tables } from '#libs/postgres';
import { compareProjections, endWhenAborted, type Comparison } from '#libs/projection';
import type { Cli } from '../../command';

/** Of one table; what is more is counted. */
const MOST_DIFFERENCES = 100;

/** Compares, and ends the snapshot. */
export async function compareUnlessStopped(
  snapshot: ControlledTransaction<Tables>,
  { kysely }: Pick<Database, 'kysely'>,
  { stopped, tellProgress }: Pick<Cli, 'stopped' | 'tellProgress'>,
): Promise<Comparison> {
  try {
    return await endWhenAborted(snapshot, { kysely, signal: stopped }, () =>
      compareProjections(snapshot, MOST_DIFFERENCES, (table) => tellProgress(`comparing ${table}`)),
    );
  } finally {
    await snapshot.rollback().execute();
  }
}
