import { sql, type Transaction } from 'kysely';
import type { Tables } from '#libs/postgres';
import { shown } from './projection-difference';

export interface ComparedTable {
  readonly table: string;
  readonly key: readonly string[];
  /** Beside the key. */
  readonly columns: readonly string[];
}

export interface RowDifference {
  /** The key, as text. */
  readonly key: Readonly<Record<string, string>>;
  readonly live: Readonly<Record<string, string | null>> | null;
  readonly rebuilt: Readonly<Record<string, string | null>> | null;
}

/** @returns up to `most` rows that differ, and how many do */
export async function compareRows(
  trx: Transaction<Tables>,
  { table, key, columns }: ComparedTable,
  most: number,
): Promise<{ readonly found: number; readonly rows: readonly RowDifference[] }> {
  const all = sql.join([...key, ...columns].map((name) => sql.ref(name)));
  const sameKey = sql.join(
    key.map((name) => sql`live.${sql.ref(name)} = rebuilt.${sql.ref(name)}`),
    sql` and `,
  );
  const textsOf = (side: string, names: readonly string[]) =>
    sql`array[${sql.join(names.map((name) => sql`(${sql.ref(side)}).${sql.ref(name)}::text`))}]`;
  const { rows } = await sql<Compared>`
    select (live).partition is not null as "isLive", (rebuilt).partition is not null as "isRebuilt",
           ${textsOf('live', key)} as "liveKey", ${textsOf('rebuilt', key)} as "rebuiltKey",
           ${textsOf('live', columns)} as live, ${textsOf('rebuilt', columns)} as rebuilt, found
    from (
      select live, rebuilt, count(*) over () as found
      from (select ${all} from ${sql.table(`public.${table}`)}) live
      full join (select ${all} from ${sql.table(`rebuild.${table}`)}) rebuilt on ${sameKey}
      where live is distinct from rebuilt
      limit ${most}
    ) different
    order by 3, 4`.execute(trx);
  return {
    found: Number(rows[0]?.found ?? 0n),
    rows: rows.map((row) => differenceOf(row, key, columns)),
  };
}

interface Compared {
  readonly isLive: boolean;
  readonly isRebuilt: boolean;
  readonly liveKey: string[];
  readonly rebuiltKey: string[];
  readonly live: (string | null)[];
  readonly rebuilt: (string | null)[];
  readonly found: bigint;
}

function differenceOf(
  { isLive, isRebuilt, liveKey, rebuiltKey, live, rebuilt }: Compared,
  key: readonly string[],
  columns: readonly string[],
): RowDifference {
  const isWhole = isLive && isRebuilt;
  const differing = columns
    .map((name, at) => ({ name, at }))
    .filter(({ at }) => !isWhole || live[at] !== rebuilt[at]);
  const pick = (texts: (string | null)[]) =>
    Object.fromEntries(differing.map(({ name, at }) => [name, shown(texts[at]!)]));
  const names = isLive ? liveKey : rebuiltKey;
  return {
    key: Object.fromEntries(key.map((name, at) => [name, shown(names[at]!)!])),
    live: isLive ? pick(live) : null,
    rebuilt: isRebuilt ? pick(rebuilt) : null,
  };
}
