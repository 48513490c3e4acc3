import { sql } from 'kysely';
import type { Database } from '#libs/postgres';
import { parentOfSameName } from '../measure/proc';

/** The process of a Postgres whose children serve its sessions; `undefined` if it runs on another machine. */
export async function postmasterOf({ kysely }: Database): Promise<number | undefined> {
  const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(kysely);
  return parentOfSameName(rows[0]!.pid, 'postgres');
}
