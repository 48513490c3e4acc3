import { formatInstant, instantOf, parsed, parseInstant, refused, type Parsed } from '#libs/ledger';
import type { Database } from '#libs/postgres';
import { nameOfFilter, type EntryFilter } from './entry-filter';
import type { EntryRow } from './entry-row';
import { listEntries, type EntryPlace } from './list-entries';
import { sizeOfPage } from './page-size';
import { readPageToken, writePageToken } from './page-token';
import { printEntry, type EventDocument } from './print-entry';

const PLACE = /^(\S+) (\d{1,18}) (\d{1,5})$/;

export interface EventsRequest extends EntryFilter {
  readonly pageSize?: number | undefined;
  readonly pageToken?: string | undefined;
}

export interface EventPage {
  readonly items: readonly EventDocument[];
  /** Empty on the last page. */
  readonly nextPageToken: string;
}

/**
 * Lists spends and corrections by time. What comes meanwhile stands where its time is: nothing that was there is told
 * twice or left out.
 */
export async function pageEvents(
  database: Database,
  request: EventsRequest,
  partitions: number,
): Promise<Parsed<EventPage>> {
  const query = nameOfFilter(request);
  const after = readPageToken(request.pageToken, query, parsePlace);
  if (!after.ok) return after;
  if (isBackwards(request)) return refused('to', 'range', 'must not be before from');
  const limit = sizeOfPage(request.pageSize);
  const wanted = { ...request, after: after.value, limit: limit + 1 };
  const found = await listEntries(database, wanted, partitions);
  const rows = found.slice(0, limit);
  const last = found.length > limit ? rows.at(-1) : undefined;
  return parsed({
    items: rows.map(printEntry),
    nextPageToken: last ? writePageToken(query, printPlace(placeOf(last))) : '',
  });
}

export function isBackwards({ from, to }: Pick<EntryFilter, 'from' | 'to'>): boolean {
  return from !== undefined && to !== undefined && to < from;
}

export function placeOf(row: EntryRow): EntryPlace {
  return { time: instantOf(row.time), offset: row.log_offset, partition: row.partition };
}

function printPlace({ time, offset, partition }: EntryPlace): string {
  return `${formatInstant(time)} ${offset} ${partition}`;
}

function parsePlace(text: string): EntryPlace | undefined {
  const [, given, offset, partition] = PLACE.exec(text) ?? [];
  const time = parseInstant(given, 'pageToken');
  return time.ok
    ? { time: time.value, offset: BigInt(offset!), partition: Number(partition) }
    : undefined;
}
