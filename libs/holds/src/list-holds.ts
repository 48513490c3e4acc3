import { sql, type RawBuilder } from 'kysely';
import { instantOf, isOfScope, partitionOfHoldId, type Account, type Instant } from '#libs/ledger';
import { rowsWith, type Database, type Prepared, type PreparedStatement } from '#libs/postgres';
import { rowsOfAccount } from '#libs/wire';
import { stateOfHold, type Hold, type HoldState } from './hold';
import { HOLD_COLUMN_NAMES } from './hold-columns';
import { holdOfRow } from './hold-row';

/** A hold as it stands at an instant. */
export interface HoldNow {
  readonly hold: Hold;
  readonly state: HoldState;
  readonly now: Instant;
}

export interface ListedHolds {
  readonly account: Account | undefined;
  readonly state: HoldState | undefined;
  /** The last hold of the page before. */
  readonly after: string | undefined;
  readonly limit: number;
}

const IS_PROJECTED = sql<boolean>`exists (
  select from spend_event event
  where event.partition = hold.partition and event.event_key = hold.settled_key)`;

const COUNT_LIVING: PreparedStatement = {
  name: 'count-living-holds',
  text: `
    select count(*)::int from (
      select from hold where state = 'active' and expires_at > ledger_now() and caller = $1
      limit $2
    ) living`,
};

/** In SQL what `stateOfHold` says. */
const IN_STATE: Record<HoldState, RawBuilder<boolean>> = {
  active: sql`hold.state = 'active' and hold.expires_at > ledger_now()`,
  expired: sql`
    hold.state = 'active' and hold.expires_at <= ledger_now() and hold.on_expiry = 'release'`,
  released: sql`hold.state = 'released'`,
  settling: sql`(
    hold.state = 'settling' and not ${IS_PROJECTED}
    or hold.state = 'active' and hold.expires_at <= ledger_now() and hold.on_expiry <> 'release')`,
  settled: sql`hold.state = 'settling' and ${IS_PROJECTED}`,
};

/** @returns `undefined`: there is none with this id, or no longer */
export async function findHold(database: Database, holdId: string): Promise<HoldNow | undefined> {
  const partition = partitionOfHoldId(holdId);
  if (partition === undefined) return undefined;
  const where = sql<boolean>`hold.partition = ${partition} and hold.hold_id = ${holdId}::uuid`;
  const [found] = await select(database, where, 1);
  return found;
}

/** The newest first. */
export function listHolds(database: Database, wanted: ListedHolds): Promise<HoldNow[]> {
  const { account, state, after, limit } = wanted;
  const conditions: RawBuilder<boolean>[] = [sql`true`];
  if (account) conditions.push(heldOn(account));
  if (state) conditions.push(IN_STATE[state]);
  if (after !== undefined) conditions.push(sql`hold.hold_id < ${after}::uuid`);
  return select(database, sql<boolean>`${sql.join(conditions, sql` and `)}`, limit);
}

/** Which holds hold money of an account; of those from before there were any, none is on a label or the ledger. */
function heldOn(account: Account): RawBuilder<boolean> {
  if (isOfScope(account)) return rowsWith('hold', rowsOfAccount(account));
  switch (account.kind) {
    case 'person':
      return sql`(hold.scope_type <> 'key' and hold.user_id = ${account.userId})`;
    case 'label':
      return sql`hold.labels ->> ${account.name} = ${account.value}`;
    case 'ledger':
      return sql`hold.on_pools`;
  }
}

/** How many holds of a caller live, counted up to `most`. */
export async function countLivingHolds(
  client: Prepared,
  caller: string,
  most: number,
): Promise<number> {
  const [row] = await client.prepared<readonly [number]>(COUNT_LIVING, [caller, most]);
  return row![0];
}

async function select(
  { kysely }: Database,
  where: RawBuilder<boolean>,
  limit: number,
): Promise<HoldNow[]> {
  const rows = await kysely
    .selectFrom('hold')
    .select(HOLD_COLUMN_NAMES.map((name) => `hold.${name}` as const))
    .select([IS_PROJECTED.as('is_projected'), sql<string>`ledger_now()`.as('now')])
    .where(where)
    .orderBy('hold.hold_id', 'desc')
    .limit(limit)
    .execute();
  return rows.map((row) => {
    const hold = holdOfRow(row);
    const now = instantOf(row.now);
    return { hold, state: stateOfHold(hold, now, row.is_projected), now };
  });
}
