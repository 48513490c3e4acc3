import { partitionOfHoldId } from '#libs/ledger';
import { texts, type Prepared, type PreparedStatement } from '#libs/postgres';
import type { Hold } from './hold';
import { HOLD_COLUMN_NAMES } from './hold-columns';
import { holdOfRow, type HoldRow } from './hold-row';

const COLUMNS = HOLD_COLUMN_NAMES.map((name) => `hold.${name}`).join(', ');
const READ: PreparedStatement = {
  name: 'read-holds',
  text: `
    select ${COLUMNS} from unnest($1::int[], $2::uuid[]) as asked (partition, hold_id)
    join hold using (partition, hold_id)
    union
    select ${COLUMNS} from unnest($3::text[], $4::text[]) as asked (caller, idempotency_key)
    join hold using (caller, idempotency_key)`,
};

export interface WantedHolds {
  readonly ids: readonly string[];
  readonly keys: readonly { readonly caller: string; readonly key: string }[];
}

/** Finds holds by their ids, and by the keys their callers gave; what is not there is left out. */
export async function readHolds(client: Prepared, { ids, keys }: WantedHolds): Promise<Hold[]> {
  const placed = ids.flatMap((holdId) => {
    const partition = partitionOfHoldId(holdId);
    return partition === undefined ? [] : [{ holdId, partition }];
  });
  if (placed.length + keys.length === 0) return [];
  const rows = await client.prepared<readonly unknown[]>(READ, [
    placed.map(({ partition }) => partition),
    placed.map(({ holdId }) => holdId),
    texts(keys.map(({ caller }) => caller)),
    texts(keys.map(({ key }) => key)),
  ]);
  return rows.map((row) => holdOfRow(rowOf(row)));
}

function rowOf(values: readonly unknown[]): HoldRow {
  return Object.fromEntries(
    HOLD_COLUMN_NAMES.map((name, at) => [name, values[at]]),
  ) as unknown as HoldRow;
}
