import { sql, type RawBuilder } from 'kysely';
import { instantOf, picoOfDecimal, type Instant, type Scope, type Window } from '#libs/ledger';
import type { OneInstant, SpendEventTable } from '#libs/postgres';
import {
  pricingOf,
  readStoredMetadata,
  storedBounds,
  storedScope,
  type PricedSpend,
} from '#libs/wire';
import { priceAgain, type Priced } from './priced';

/** A spend, or the correction of one, as an auditor reads it. */
export interface Entry {
  readonly source: string;
  readonly id: string;
  /** When the money was spent; of a correction, when that of its spend was. */
  readonly time: Instant;
  readonly knownAt: Instant;
  /** Who recorded it. */
  readonly caller: string;
  readonly scope: Scope;
  /** `undefined`: of unknown cost. */
  readonly amountPico: bigint | undefined;
  readonly model: string | null;
  /** How the ledger, or a gateway's door, came to the amount; `undefined`: it was said. */
  readonly priced: Priced | undefined;
  /** Where a reader stands who has it. */
  readonly position: string;
  readonly corrects: Correction | undefined;
}

/** What an entry says about another one. */
export interface Correction {
  readonly source: string;
  readonly id: string;
  readonly kind: 'reverse' | 'amend';
  readonly reason: string;
  readonly at: Instant;
}

type Row = Pick<
  SpendEventTable,
  | 'partition'
  | 'log_offset'
  | 'source'
  | 'event_id'
  | 'time'
  | 'known_at'
  | 'caller'
  | 'scope_type'
  | 'key_id'
  | 'user_id'
  | 'team_id'
  | 'amount'
  | 'model'
  | 'basis'
  | 'usage'
  | 'priced_by'
  | 'adjustment'
  | 'reason'
  | 'adjusted_at'
> & {
  readonly of_source: string | null;
  readonly of_id: string | null;
  /** Where it may say how the amount came about. */
  readonly metadata_text: string | null;
};

/** The latest of the entries `entry` that meet a condition, at most so many, in the order of time. */
export async function readEntries(
  client: OneInstant,
  condition: RawBuilder<boolean>,
  most: number,
): Promise<Entry[]> {
  const { rows } = await sql<Row>`
    select entry.partition, entry.log_offset, entry.source, entry.event_id, entry.time, entry.known_at, entry.caller, entry.scope_type, entry.key_id,
           entry.user_id, entry.team_id, entry.amount, entry.basis, entry.model, entry.usage, entry.priced_by, entry.adjustment, entry.reason, entry.adjusted_at,
           case when jsonb_exists(entry.metadata, 'prices') then entry.metadata::text end as metadata_text,
           spend.source as of_source, spend.event_id as of_id
    from spend_event entry
    left join spend_event spend on spend.partition = entry.partition and spend.event_key = entry.adjusts_key
    where ${condition}
    order by entry.time desc, entry.partition desc, entry.log_offset desc limit ${most}`.execute(
    client,
  );
  const priced = await pricedRows(client, rows);
  return rows.map((row) => entryOf(row, priced.get(row))).reverse();
}

/** Whether the money of an entry `entry` was spent in a window. */
export function isIn(window: Window): RawBuilder<boolean> {
  const { starts, ends } = storedBounds(window);
  return sql`entry.time >= ${starts}::timestamptz and entry.time < ${ends}::timestamptz`;
}

async function pricedRows(
  client: OneInstant,
  rows: readonly Row[],
): Promise<ReadonlyMap<Row, Priced>> {
  const found = rows.flatMap((row) => {
    const pricing = row.adjustment === null ? pricingOf(spendOf(row)) : undefined;
    return pricing === undefined ? [] : [{ row, pricing }];
  });
  const priced = await priceAgain(
    client,
    found.map(({ pricing }) => pricing),
  );
  return new Map(found.map(({ row }, n) => [row, priced[n]!]));
}

function spendOf(row: Row): PricedSpend {
  const { source, event_id: id, basis, amount, usage, priced_by, model, metadata_text } = row;
  return {
    ...{ source, id, basis, time: instantOf(row.time) },
    ...(amount !== null && { amountPico: picoOfDecimal(amount) }),
    ...(usage !== null && { usage }),
    ...(priced_by !== null && { pricedBy: priced_by }),
    ...(model !== null && { model }),
    ...(metadata_text !== null && { metadata: readStoredMetadata(metadata_text) }),
  };
}

function entryOf(row: Row, priced: Priced | undefined): Entry {
  return {
    source: row.source,
    id: row.event_id,
    time: instantOf(row.time),
    knownAt: instantOf(row.known_at),
    caller: row.caller,
    scope: storedScope(row),
    amountPico: row.amount === null ? undefined : picoOfDecimal(row.amount),
    model: row.model,
    priced,
    position: `${row.partition}:${row.log_offset + 1n}`,
    corrects: row.adjustment === null ? undefined : correctionOf(row, row.adjustment),
  };
}

function correctionOf(row: Row, kind: Correction['kind']): Correction {
  return {
    source: row.of_source!,
    id: row.of_id!,
    kind,
    reason: row.reason!,
    at: instantOf(row.adjusted_at!),
  };
}
