import { sql, type Selectable } from 'kysely';
import {
  formatAccount,
  formatInstant,
  instantOf,
  parseAccount,
  parsed,
  parseInstant,
  refused,
  type Parsed,
} from '#libs/ledger';
import type { Database, WarningTable } from '#libs/postgres';
import { Page } from './entries/page';
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
 * kept meanwhile stand before the first page, so that none is told twice.
 */
export async function pageWarnings(
  database: Database,
  request: PageRequest,
): Promise<Parsed<WarningPage>> {
  const { account: given, pageToken = '' } = request;
  const account = given ? parseAccount(given, 'account') : undefined;
  if (account?.ok === false) return account;
  const after = pageToken === '' ? undefined : readToken(pageToken);
  if (pageToken !== '' && after === undefined) {
    return refused('pageToken', 'page_token', 'must be a nextPageToken that the ledger gave out');
  }
  const page = new Page<WarningPage['items'][number]>(request);
  const ofAccount = account && formatAccount(account.value);
  const found = await list(database, ofAccount, after, page.limit + 1);
  const itemOf = (row: Selectable<WarningTable>) => ({
    ...printWarning(row),
    delivered: printDelivery(row),
  });
  const last = page.fill(found, itemOf, (item) => item);
  return parsed({ items: page.items, nextPageToken: last ? writeToken(last) : '' });
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

function writeToken(last: Selectable<WarningTable>): string {
  const text = `${formatInstant(instantOf(last.warned_at))} ${last.warning_id}`;
  return Buffer.from(text).toString('base64url');
}

/** @returns undefined for a token that is not of ours */
function readToken(token: string): After | undefined {
  const text = Buffer.from(token, 'base64url').toString('utf8');
  const [warnedAt = '', warningId = '', ...more] = text.split(' ');
  const time = parseInstant(warnedAt, 'pageToken');
  const isOurs =
    time.ok && formatInstant(time.value) === warnedAt && UUID.test(warningId) && more.length === 0;
  return isOurs && Buffer.from(text).toString('base64url') === token
    ? { warnedAt, warningId }
    : undefined;
}
