import type { Prepared, PreparedStatement } from '#libs/postgres';
import type { OnExpiry } from './hold';

/** A hold that has expired, and whose event is still to be made. */
export interface OwingHold {
  readonly holdId: string;
  readonly caller: string;
  readonly onExpiry: OnExpiry;
}

const READ: PreparedStatement = {
  name: 'read-owing-holds',
  text: 'select of_hold, of_caller, owed from owing_holds($1)',
};

/** Those that expired first, at most so many. */
export async function readOwingHolds(client: Prepared, most: number): Promise<OwingHold[]> {
  const rows = await client.prepared<readonly [string, string, OnExpiry]>(READ, [most]);
  return rows.map(([holdId, caller, onExpiry]) => ({ holdId, caller, onExpiry }));
}
