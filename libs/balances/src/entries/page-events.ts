import { formatInstant, instantOf, parsed, parseInstant, refused, type Parsed } from '#libs/ledger';
import type { Database } from '#libs/postgres';
import { nameOfFilter, type EntryFilter } from './entry-filter';
import type { EntryRow } from './entry-row';
import { listEntries, type EntryPlace } from './list-entries';
import { Page, type PageSize } from './page';
import { readPageToken, writePageToken } from './page-token';
import { printEntry, type EventDocument } from './print-entry';

const PLACE = /^(\S+) (\d{1,18}) (\d{1,5})$/;

/** Events are large: so many are read at once for a page that may end early. */
const MOST_READ = 200;

export interface EventsRequest extends EntryFilter, PageSize {
  readonly pageToken?: string | undefined;
}

export interface EventPage {
  readonly items: readonly EventDocument[];
  /** Empty on the last page. */
  readonly nextPageToken: string;
}

/**
 * Lists spends and corrections by time. What is recorded meanwhile stands where its time is: nothing that was there is
 * listed twice or left out.
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
  const page = new Page<EventDocument>(request);
  let place = after.value;
  for (;;) {
    const limit = Math.min(page.limit + 1 - page.items.length, MOST_READ);
    const rows = await listEntries(database, { ...request, after: place, limit }, partitions);
    for (const row of rows) {
      const item = printEntry(row);
      if (!page.add(item, item)) {
        return parsed({
          items: page.items,
          nextPageToken: writePageToken(query, printPlace(place!)),
        });
      }
      place = placeOf(row);
    }
    if (rows.length < limit) return parsed({ items: page.items, nextPageToken: '' });
  }
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
