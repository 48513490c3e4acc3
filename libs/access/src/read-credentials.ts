import type { Database } from '#libs/postgres';
import type { Bindings } from './bindings';
import type { Role } from './role';

export type CredentialKind = 'token' | 'certificate' | 'source';

/** A credential that has not ended, as a process knows it. */
export interface Credential {
  readonly kind: CredentialKind;
  readonly name: string;
  readonly matches: string;
  readonly roles: ReadonlySet<Role>;
  readonly bindings: Bindings;
  /** By the ledger's clock, in milliseconds since 1970. */
  readonly expiresAtMs: number;
}

export interface KnownAccess {
  readonly revision: bigint;
  /** Whether there has ever been a credential. */
  readonly isInUse: boolean;
  readonly credentials: readonly Credential[];
}

const REVISION = { name: 'access-revision', text: 'select revision from access_revision' };
const LIVE = {
  name: 'live-credentials',
  text: `
    select kind, name, matches, roles, accounts, sources,
           (extract(epoch from expires_at) * 1000)::float8
    from credential
    where revoked_at is null and (expires_at is null or expires_at > ledger_now())`,
};
const IN_USE = { name: 'access-in-use', text: 'select exists (select from credential)' };
type Row = readonly [
  kind: CredentialKind,
  name: string,
  matches: string,
  roles: Role[],
  accounts: string[],
  sources: string[],
  expiresAtMs: number | null,
];

export async function readAccessRevision(database: Database): Promise<bigint> {
  const [row] = await database.prepared<readonly [bigint]>(REVISION, []);
  return row![0];
}

/** All that is known now; the revision is read first, so that a change in between is read again. */
export async function readAccess(database: Database): Promise<KnownAccess> {
  const revision = await readAccessRevision(database);
  const rows = await database.prepared<Row>(LIVE, []);
  const [inUse] = await database.prepared<readonly [boolean]>(IN_USE, []);
  const credentials = rows.map(([kind, name, matches, roles, accounts, sources, expiresAtMs]) => ({
    kind,
    name,
    matches,
    roles: new Set(roles),
    bindings: { accounts, sources },
    expiresAtMs: expiresAtMs ?? Infinity,
  }));
  return { revision, isInUse: inUse![0], credentials };
}

/** Whether two credentials say the same of who calls and what is allowed. */
export function isSameAccess(one: Credential, other: Credential): boolean {
  const said = ({ name, roles, bindings }: Credential) =>
    JSON.stringify([
      name,
      [...roles].sort(),
      [...bindings.accounts].sort(),
      [...bindings.sources].sort(),
    ]);
  return said(one) === said(other);
}
