import { sql, type ControlledTransaction } from 'kysely';
import type { Database, Tables } from '#libs/postgres';
import { compareProjections, type Comparison } from '#libs/projection';
import type { Cli } from '../../command';
import { CommandRefused } from '../../command-refused';

/** Of one table; what is more is counted. */
const MOST_DIFFERENCES = 100;

/** Compares, and ends the snapshot. One statement may take long: who stops the command ends it on the server. */
export async function compareUnlessStopped(
  snapshot: ControlledTransaction<Tables>,
  { kysely }: Pick<Database, 'kysely'>,
  { stopped, tellProgress }: Pick<Cli, 'stopped' | 'tellProgress'>,
): Promise<Comparison> {
  const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(snapshot);
  const cancel = () => {
    void sql`select pg_cancel_backend(${rows[0]!.pid})`.execute(kysely).catch(() => undefined);
  };
  stopped.addEventListener('abort', cancel);
  try {
    return await compareProjections(snapshot, MOST_DIFFERENCES, (table) =>
      tellProgress(`comparing ${table}`),
    );
  } catch (error) {
    if (stopped.aborted) throw new CommandRefused('Interrupted while it compared.');
    throw error;
  } finally {
    stopped.removeEventListener('abort', cancel);
    await snapshot.rollback().execute();
  }
}
