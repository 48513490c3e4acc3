import type { Prepared, PreparedStatement } from './prepared';

const NEWEST: PreparedStatement = {
  name: 'newest-migration',
  text: `select coalesce(max(substring(name from '^[0-9]+')), '0')::int from public.kysely_migration`,
};

/** The number of the newest migration that the tables have. */
export async function readSchemaVersion(client: Prepared): Promise<number> {
  const [row] = await client.prepared<readonly [number]>(NEWEST, []);
  return row![0];
}
