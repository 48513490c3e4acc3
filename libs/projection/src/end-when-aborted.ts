import { sql, type Kysely, type Transaction } from 'kysely';
import type { Tables } from '#libs/postgres';

/** A statement over all events may take long: when it is aborted, the server ends it. */
export async function endWhenAborted<T>(
  trx: Transaction<Tables>,
  { kysely, signal }: { readonly kysely: Kysely<Tables>; readonly signal: AbortSignal },
  work: () => Promise<T>,
): Promise<T> {
  const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(trx);
  const cancel = () => {
    void sql`select pg_cancel_backend(${rows[0]!.pid})`.execute(kysely).catch(() => undefined);
  };
  signal.addEventListener('abort', cancel);
  try {
    signal.throwIfAborted();
    return await work();
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}
