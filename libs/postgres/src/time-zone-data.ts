import type { Database } from './database';

/** The tz database of this process, such as `2026c`. */
export const TIME_ZONE_DATA: string = process.versions['tz'] ?? 'none';

/** Keeps which tz database this ledger's windows are made of. Only the owner of its tables may. */
export async function keepTimeZoneData(
  { kysely }: Pick<Database, 'kysely'>,
  timeZoneData = TIME_ZONE_DATA,
): Promise<void> {
  await kysely.updateTable('ledger').set({ time_zone_data: timeZoneData }).execute();
}

/**
 * Compares what a process has with what the ledger keeps; the owner keeps it where nobody has yet.
 * @returns a sentence that says that they differ
 */
export async function compareTimeZoneData(
  database: Pick<Database, 'kysely'>,
  {
    isOwner,
    timeZoneData = TIME_ZONE_DATA,
  }: { readonly isOwner: boolean; readonly timeZoneData?: string | undefined },
): Promise<string | undefined> {
  const stored = await database.kysely
    .selectFrom('ledger')
    .select('time_zone_data as kept')
    .executeTakeFirstOrThrow();
  if (stored.kept === timeZoneData) return undefined;
  if (stored.kept === null) {
    if (isOwner) await keepTimeZoneData(database, timeZoneData);
    return undefined;
  }
  return `The time-zone data of this process are ${timeZoneData}, those of this ledger are ${stored.kept}: windows of zones that have changed may differ between processes. Let every process have the same, then run \`npm run ledger -- migrate\`.`;
}
