import { Client } from 'pg';
import type { OwnPostgres } from './own-postgres';

/** Runs one statement on a server of a spec's own. @returns its first row */
export async function onServerOf<R extends object>(
  { url }: Pick<OwnPostgres, 'url'>,
  statement: string,
): Promise<R> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<R>(statement)).rows[0]!;
  } finally {
    await client.end();
  }
}

/** Neither replays an archive nor follows another server. */
export async function takesWrites(postgres: OwnPostgres): Promise<boolean> {
  const { follows } = await onServerOf<{ follows: boolean }>(
    postgres,
    'select pg_is_in_recovery() as follows',
  );
  return !follows;
}
