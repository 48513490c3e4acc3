import { sql } from 'kysely';
import { formatMoney, picoOfDecimal, type EventId, type Labels, type Scope } from '#libs/ledger';
import type { Database } from '#libs/postgres';
import { eventKeyOf, storedLabels, storedScope } from '#libs/wire';
import { ENTRY_COLUMNS, type EntryRow } from './entry-row';
import { printEntry, type EventDocument } from './print-entry';

/** What the ledger says of a spend that was corrected; a producer's own attributes of these names stand back. */
const OF_THE_LEDGER = new Set(['effectiveamount', 'corrections', 'correctedby']);

type Found = EntryRow & {
  readonly corrections: number;
  readonly last_stated: string | null;
  readonly last_offset: bigint | null;
};

export interface FoundEvent {
  /** Of the spend; of a correction, that of the spend that it corrects. */
  readonly scope: Scope;
  /** Those that it counts with. */
  readonly labels: Labels | undefined;
  readonly document: EventDocument;
}

/**
 * One event. A spend also says what it costs now (`effectiveamount`, absent while that is unknown) and, where it was
 * corrected, how often (`corrections`) and where the last correction stands (`correctedby`, a position).
 */
export async function findEvent(
  database: Database,
  id: EventId,
  partitions: number,
): Promise<FoundEvent | undefined> {
  const { rows } = await sql<Found>`
    select ${ENTRY_COLUMNS}, corrected.corrections, last.stated as last_stated, last.log_offset as last_offset
    from spend_event entry
    cross join lateral (
      select count(*)::int as corrections from spend_event c
      where c.partition = entry.partition and c.adjusts_key = entry.event_key
    ) corrected
    left join lateral (
      select c.stated, c.log_offset from spend_event c
      where c.partition = entry.partition and c.adjusts_key = entry.event_key
      order by c.log_offset desc limit 1
    ) last on true
    where entry.partition in (select generate_series(0, ${partitions}::int - 1))
      and entry.event_key = ${eventKeyOf(id)}::uuid`.execute(database.kysely);
  const [found] = rows;
  if (!found) return undefined;
  const labels = found.labels === null ? undefined : storedLabels(found.labels);
  return { scope: storedScope(found), labels, document: print(found) };
}

function print(found: Found): EventDocument {
  if (found.adjusts_key !== null) return printEntry(found);
  const { data, ...event } = printEntry({ ...found, extensions: withoutOurs(found.extensions) });
  const amount = found.last_stated ?? found.amount;
  return {
    ...event,
    ...(amount === null ? {} : { effectiveamount: formatMoney(picoOfDecimal(amount)) }),
    ...(found.last_offset === null
      ? {}
      : {
          corrections: found.corrections,
          correctedby: `${found.partition}:${found.last_offset + 1n}`,
        }),
    data,
  };
}

function withoutOurs(extensions: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(extensions).filter(([name]) => !OF_THE_LEDGER.has(name)),
  );
}
