import { listAllCredentials, type AfterCredential, type ListedCredential } from '#libs/access';
import { Page, readPageToken, writePageToken, type PageSize } from '#libs/balances';
import { formatInstant, instantOf, parsed, parseInstant, type Parsed } from '#libs/ledger';
import type { Database } from '#libs/postgres';

/** A credential without its secret, and without anything that it could be found by. */
export type CredentialDocument = Omit<ListedCredential, 'matches' | 'credentialId'>;

export interface CredentialPage {
  readonly items: readonly CredentialDocument[];
  /** Empty on the last page. */
  readonly nextPageToken: string;
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const QUERY = 'credentials';

/** Lists credentials, the newest first. One that is made meanwhile stands before the first page. */
export async function pageCredentials(
  { kysely }: Database,
  request: PageSize & { readonly pageToken?: string | undefined },
): Promise<Parsed<CredentialPage>> {
  const after = readPageToken(request.pageToken, QUERY, readPlace);
  if (!after.ok) return after;
  const page = new Page<CredentialDocument>(request);
  const found = await listAllCredentials(kysely, { after: after.value, limit: page.limit + 1 });
  const last = page.fill(found, printCredential, (item) => item);
  return parsed({
    items: page.items,
    nextPageToken: last ? writePageToken(QUERY, placeOf(last)) : '',
  });
}

function printCredential(row: ListedCredential): CredentialDocument {
  const { matches: _matches, credentialId: _id, ...shown } = row;
  const { createdAt, expiresAt, replacedAt, revokedAt } = row;
  return {
    ...shown,
    createdAt: formatInstant(instantOf(createdAt)),
    expiresAt: printed(expiresAt),
    replacedAt: printed(replacedAt),
    revokedAt: printed(revokedAt),
  };
}

const printed = (time: string | null) => (time === null ? null : formatInstant(instantOf(time)));

function placeOf({ createdAt, credentialId }: ListedCredential): string {
  return `${formatInstant(instantOf(createdAt))} ${credentialId}`;
}

function readPlace(place: string): AfterCredential | undefined {
  const [createdAt = '', credentialId = '', ...more] = place.split(' ');
  const time = parseInstant(createdAt, 'pageToken');
  const isOurs = time.ok && UUID.test(credentialId) && more.length === 0;
  return isOurs ? { createdAt, credentialId } : undefined;
}
