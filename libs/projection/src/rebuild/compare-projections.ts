import { sql, type Transaction } from 'kysely';
import { formatAccount } from '#libs/ledger';
import type { Tables } from '#libs/postgres';
import { storedAccount } from '#libs/wire';
import { ACCOUNT_TABLES, type AccountTables } from '../account-tables';
import { compareRows, type ComparedTable, type RowDifference } from './compare-rows';
import { compareWindows } from './compare-windows';
import { eventsBehind } from './events-behind';
import type { ProjectionDifference } from './projection-difference';

export interface Comparison {
  readonly events: number;
  readonly accounts: number;
  /** How many there are; the first ones are in `differences`. */
  readonly found: number;
  readonly differences: readonly ProjectionDifference[];
}

/** What tells a fence apart, and what of it the log decides. Who has it, and until when it is caught up, does not count. */
const PARTITIONS: ComparedTable = {
  table: 'projection_partition',
  key: ['partition'],
  columns: ['next_offset', 'known_at'],
};
const EVENTS_KEY = ['partition', 'event_key'];
const SHOWN_OF_EVENTS = ['source', 'event_id'];
const REVISIONS_KEY = ['partition', 'budget_id', 'revision'];
const PRICES_KEY = ['partition', 'version'];
const QUARANTINE_KEY = ['partition', 'log_offset'];
const BALANCE_COLUMNS = ['spent', 'flipped', 'unpriced', 'last_offset', 'latest_time'];

/**
 * Compares the live projection with the rebuilt one, every column but technical ids, in the one snapshot of the given
 * transaction.
 * @param most how many differences of a table are looked at closely
 * @param tell which table is compared now
 */
export async function compareProjections(
  trx: Transaction<Tables>,
  most: number,
  tell: (table: string) => void,
): Promise<Comparison> {
  const differences: ProjectionDifference[] = [];
  let found = 0;
  const add = async (
    { found: more, rows }: { readonly found: number; readonly rows: readonly RowDifference[] },
    toDifference: (row: RowDifference) => Promise<ProjectionDifference> | ProjectionDifference,
  ) => {
    found += more;
    for (const row of rows) differences.push(await toDifference(row));
  };
  const plain = (kind: ProjectionDifference['kind']) => (row: RowDifference) => ({
    kind,
    about: row.key,
    live: row.live,
    rebuilt: row.rebuilt,
    events: [],
  });
  await add(await compareRows(trx, PARTITIONS, most), plain('partition'));
  for (const [kind, table, key] of [
    ['event', 'spend_event', EVENTS_KEY],
    ['budget_revision', 'budget_revision', REVISIONS_KEY],
    ['price_book', 'price_book', PRICES_KEY],
    ['quarantined', 'quarantine', QUARANTINE_KEY],
  ] as const) {
    tell(table);
    const columns = await columnsOf(trx, table, key);
    const compared = await compareRows(trx, { table, key, columns }, most);
    await add(compared, (row) =>
      kind === 'event' ? withName(trx, plain(kind)(row)) : plain(kind)(row),
    );
  }
  for (const tables of ACCOUNT_TABLES) {
    tell(`${tables.kind} balances`);
    const ofKind = (kind: ProjectionDifference['kind']) => (row: RowDifference) =>
      ofAccount(trx, tables, kind, row);
    await add(await compareRows(trx, balancesOf(tables), most), ofKind('balance'));
    await add(await compareWindows(trx, tables, most), ofKind('window'));
    await add(await compareRows(trx, bucketsOf(tables), most), ofKind('bucket'));
  }
  return { ...(await count(trx)), found, differences };
}

function balancesOf({ kind, ids }: AccountTables): ComparedTable {
  return { table: `${kind}_balance`, key: ['partition', ...ids], columns: BALANCE_COLUMNS };
}

function bucketsOf({ kind, ids, scoped }: AccountTables): ComparedTable {
  return {
    table: `${kind}_bucket`,
    key: ['partition', ...ids, 'grain', 'starts'],
    columns: scoped ? ['spent', 'scope_type'] : ['spent'],
  };
}

async function columnsOf(
  trx: Transaction<Tables>,
  table: string,
  key: readonly string[],
): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select attname as name from pg_attribute
    where attrelid = ${`public.${table}`}::regclass and attnum > 0 and not attisdropped
    order by attnum`.execute(trx);
  return rows.map(({ name }) => name).filter((name) => !key.includes(name));
}

async function withName(
  trx: Transaction<Tables>,
  difference: ProjectionDifference,
): Promise<ProjectionDifference> {
  const { partition, event_key } = difference.about;
  const { rows } = await sql<Record<string, string>>`
    select ${sql.join(SHOWN_OF_EVENTS.map((name) => sql.ref(name)))}
    from ${sql.table(`${difference.live === null ? 'rebuild' : 'public'}.spend_event`)}
    where partition = ${partition}::int and event_key = ${event_key}::uuid`.execute(trx);
  const { source, event_id } = rows[0]!;
  return { ...difference, about: { source: source!, id: event_id!, partition: partition! } };
}

async function ofAccount(
  trx: Transaction<Tables>,
  tables: AccountTables,
  kind: ProjectionDifference['kind'],
  { key, live, rebuilt }: RowDifference,
): Promise<ProjectionDifference> {
  const account = formatAccount(storedAccount(tables.kind, key));
  const isId = ([name]: readonly [string, string]) => tables.ids.includes(name);
  const rest = Object.fromEntries(Object.entries(key).filter((column) => !isId(column)));
  const events = await eventsBehind(trx, tables, key, rangeOf(key));
  return { kind, about: { account, ...rest }, live, rebuilt, events };
}

function rangeOf({ starts, ends, grain }: Readonly<Record<string, string>>) {
  if (starts === undefined) return undefined;
  if (ends !== undefined) return { since: starts, until: ends };
  const width = grain === 'day' ? 86_400_000 : 900_000;
  const until = new Date(Date.parse(starts) + width).toISOString();
  return { since: starts, until };
}

async function count(
  trx: Transaction<Tables>,
): Promise<{ readonly events: number; readonly accounts: number }> {
  const accounts = ACCOUNT_TABLES.map(
    ({ kind, ids }) => sql`
      select count(*) from (select distinct ${sql.join(ids.map((id) => sql.ref(id)))}
      from ${sql.table(`rebuild.${kind}_balance`)}) of_kind`,
  );
  const { rows } = await sql<{ events: bigint; accounts: string }>`
    select (select count(*) from rebuild.spend_event) as events,
           (select sum(count) from (${sql.join(accounts, sql` union all `)}) counted) as accounts`.execute(
    trx,
  );
  return { events: Number(rows[0]!.events), accounts: Number(rows[0]!.accounts) };
}
