import { texts, type Prepared, type PreparedStatement } from '#libs/postgres';
import type { HoldBook } from './hold-book';
import type { Hold } from './hold';
import { HOLD_COLUMN_NAMES, HOLD_COLUMNS, type HoldColumn } from './hold-columns';
import { rowOfHold } from './hold-row';
import { moveHeld, movePools } from './move-held';
import { partitionOfHold, type HeldPlaces } from './held-places';

/** Flushes without an account in common wait for each other's idempotency keys: in this order, never crosswise. */
const INSERT: PreparedStatement = {
  name: 'insert-holds',
  text: `
    insert into hold (partition, ${HOLD_COLUMN_NAMES.join(', ')})
    select partition, ${HOLD_COLUMN_NAMES.map((name) => cast(name, name)).join(', ')}
    from ${unnest(HOLD_COLUMN_NAMES)}
    order by caller, idempotency_key, partition, hold_id`,
};

/** What of a hold can change. */
const CHANGING: readonly HoldColumn[] = [
  'hold_id',
  'amount',
  'expires_at',
  'state',
  'ended_at',
  'actual',
  'basis',
  'late',
  'settled_source',
  'settled_id',
  'settled_key',
  'settled_hash',
  'expiry_event',
  'on_pools',
  'settled_labels',
  'settled_model',
];

/** No two transactions lock these crosswise: who changes a hold has the locks of its accounts. */
const UPDATE: PreparedStatement = {
  name: 'update-holds',
  text: `
    update hold set ${CHANGING.slice(1)
      .map((name) => `${name} = ${cast(name, `given.${name}`)}`)
      .join(', ')}
    from ${unnest(CHANGING)}
    where hold.partition = given.partition and hold.hold_id = given.hold_id::uuid`,
};

/** Writes what a flush has done: the moved money, the new holds, the changed ones. */
export async function writeBook(
  client: Prepared,
  book: HoldBook,
  { partitions, slot }: HeldPlaces,
): Promise<void> {
  const { moves } = book;
  if (moves.taken.length === 0) return;
  await Promise.all([
    moveHeld(client, book.now, moves),
    movePools(client, book.now, slot, moves.pools),
    write(client, INSERT, HOLD_COLUMN_NAMES, book.newHolds, partitions),
    write(client, UPDATE, CHANGING, book.changedHolds, partitions),
  ]);
}

async function write(
  client: Prepared,
  statement: PreparedStatement,
  columns: readonly HoldColumn[],
  holds: readonly Hold[],
  partitions: number,
): Promise<void> {
  if (holds.length === 0) return;
  const rows = holds.map(rowOfHold);
  await client.prepared(statement, [
    holds.map((hold) => partitionOfHold(hold, partitions)),
    ...columns.map((name) => texts(rows.map((row) => textOf(row[name])))),
  ]);
}

function textOf(value: string | boolean | object | null): string | null {
  if (typeof value === 'object' && value !== null) return JSON.stringify(value);
  return value === null ? null : String(value);
}

function unnest(columns: readonly HoldColumn[]): string {
  const arrays = columns.map((_, n) => `$${n + 2}::text[]`).join(', ');
  return `unnest($1::int[], ${arrays}) as given (partition, ${columns.join(', ')})`;
}

/** What an array of texts has for a column. */
function cast(name: HoldColumn, given: string): string {
  return HOLD_COLUMNS[name] === 'text' ? given : `${given}::${HOLD_COLUMNS[name]}`;
}
