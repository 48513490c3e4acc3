import { sql, type Kysely } from 'kysely';
import type { Tables } from '#libs/postgres';
import { SHOWN, type CredentialRow } from './manage-credentials';
import type { CredentialKind } from './read-credentials';

/** Where a list of credentials ended: the last of its page. */
export interface AfterCredential {
  /** RFC 3339. */
  readonly createdAt: string;
  readonly credentialId: string;
}

export type ListedCredential = CredentialRow & {
  readonly kind: CredentialKind;
  readonly credentialId: string;
};

/** Of all kinds, the newest first, the ended ones among them. */
export async function listAllCredentials(
  db: Kysely<Tables>,
  { after, limit }: { readonly after: AfterCredential | undefined; readonly limit: number },
): Promise<ListedCredential[]> {
  const isNext = after
    ? sql`(created_at, credential_id) < (${after.createdAt}::timestamptz, ${after.credentialId}::uuid)`
    : sql`true`;
  const { rows } = await sql<ListedCredential>`
    select kind, credential_id as "credentialId", ${SHOWN} from credential where ${isNext}
    order by created_at desc, credential_id desc limit ${limit}`.execute(db);
  return rows;
}
