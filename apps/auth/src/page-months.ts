import { documentOfClosing, type ClosedMonth, type ClosedMonths } from '#libs/audit';
import { Page, readPageToken, writePageToken, type PageSize } from '#libs/balances';
import { parsed, type Parsed } from '#libs/ledger';

export interface MonthPage {
  readonly zone: string;
  readonly items: readonly ReturnType<typeof documentOfClosing>[];
  /** Empty on the last page. */
  readonly nextPageToken: string;
}

/** Lists the closed months of a zone, the latest first. */
export function pageMonths(
  closed: ClosedMonths,
  zone: string,
  request: PageSize & { readonly pageToken?: string | undefined },
): Parsed<MonthPage> {
  const query = `months ${zone}`;
  const before = readPageToken(request.pageToken, query, readPlace);
  if (!before.ok) return before;
  const page = new Page<MonthPage['items'][number]>(request);
  const rows = closed.before(before.value).slice(0, page.limit + 1);
  const last: ClosedMonth | undefined = page.fill(rows, documentOfClosing, (item) => item);
  const nextPageToken = last ? writePageToken(query, last.month.name) : '';
  return parsed({ zone, items: page.items, nextPageToken });
}

const readPlace = (place: string) => (/^\d{4}-\d{2}$/.test(place) ? place : undefined);
