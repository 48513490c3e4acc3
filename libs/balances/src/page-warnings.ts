import { sql, type Selectable } from 'kysely';
import {
  formatAccount,
  formatInstant,
  instantOf,
  parseAccount,
  parsed,
  parseInstant,
  type Parsed,
} from '#libs/ledger';
import type { Database, WarningTable } from '#libs/postgres';
import { Page } from './entries/page';
import { readPageToken, writePageToken } from './entries/page-token';
import type { PageRequest } from './page-budgets';
import {
  printDelivery,
  printWarning,
  type DeliveryDocument,
  type WarningDocument,
} from './print-warning';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export interface WarningPage {
  readonly items: readonly (WarningDocument & { readonly delivered: DeliveryDocument })[];
  /** Empty on the last page. */
  readonly nextPageToken: string;
}

/** Where a page ended: its last warning. */
interface After {
  readonly warnedAt: string;
  readonly warningId: string;
}

/**
 * Lists warnings, the newest first, of one account or of all; more than 1,000 a page are cut to that. Those that are
 * kept meanwhile stand before the first page, so that none is listed twice.
 */
export async function pageWarnings(
  database: Database,
  request: PageRequest,
): Promise<Parsed<WarningPage>> {
  const { account: given, pageToken } = request;
  const account = given ? parseAccount(given, 'account') : undefined;
  if (account?.ok === false) return account;
  const after = readPageToken(pageToken, 'warnings', readPlace);
  if (!after.ok) return after;
  const page = new Page<WarningPage['items'][number]>(request);
  const ofAccount = account && formatAccount(account.value);
  const found = await list(database, ofAccount, after.value, page.limit + 1);
  const itemOf = (row: Selectable<WarningTable>) => ({
    ...printWarning(row),
    delivered: printDelivery(row),
  });
  const last = page.fill(found, itemOf, (item) => item);
  return parsed({
    items: page.items,
    nextPageToken: last ? writePageToken('warnings', placeOf(last)) : '',
  });
}

function list(
  { kysely }: Database,
  account: string | undefined,
  after: After | undefined,
  limit: number,
): Promise<Selectable<WarningTable>[]> {
  let query = kysely.selectFrom('warning').selectAll();
  if (account !== undefined) query = query.where('account', '=', account);
  if (after !== undefined) {
    query = query.where(
      sql<boolean>`(warned_at, warning_id) < (${after.warnedAt}::timestamptz, ${after.warningId}::uuid)`,
    );
  }
  return query.orderBy('warned_at', 'desc').orderBy('warning_id', 'desc').limit(limit).execute();
}

function placeOf(last: Selectable<WarningTable>): string {
  return `${formatInstant(instantOf(last.warned_at))} ${last.warning_id}`;
}

function readPlace(place: string): After | undefined {
  const [warnedAt = '', warningId = '', ...more] = place.split(' ');
  const time = parseInstant(warnedAt, 'pageToken');
  const isOurs =
    time.ok && formatInstant(time.value) === warnedAt && UUID.test(warningId) && more.length === 0;
  return isOurs ? { warnedAt, warningId } : undefined;
}
