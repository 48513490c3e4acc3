import { sql, type Kysely } from 'kysely';
import type { Tables } from '#libs/postgres';
import type { Bindings } from './bindings';
import type { CredentialKind } from './read-credentials';
import type { Role } from './role';

export interface NewCredential {
  readonly kind: CredentialKind;
  readonly name: string;
  /** SHA-256 of the token in hex, the name in the certificate, or the source. */
  readonly matches: string;
  readonly roles: readonly Role[];
  readonly bindings: Bindings;
  readonly by: string;
  /** ISO 8601, from now; `undefined`: it does not expire. */
  readonly expiresIn: string | undefined;
}

/** A credential as it is shown; never its secret. Times are RFC 3339. */
export interface CredentialRow {
  readonly name: string;
  readonly matches: string;
  readonly roles: readonly Role[];
  readonly accounts: readonly string[];
  readonly sources: readonly string[];
  readonly createdBy: string;
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly replacedAt: string | null;
  readonly revokedBy: string | null;
  readonly revokedAt: string | null;
  readonly state: 'live' | 'replaced' | 'expired' | 'revoked';
}

type Db = Kysely<Tables>;

/** The columns of a `CredentialRow`. */
export const SHOWN = sql`
  name, matches, roles, accounts, sources, created_by as "createdBy", created_at as "createdAt",
  expires_at as "expiresAt", replaced_at as "replacedAt", revoked_by as "revokedBy",
  revoked_at as "revokedAt",
  case when revoked_at is not null then 'revoked' when expires_at <= ledger_now() then 'expired'
       when replaced_at is not null then 'replaced' else 'live' end as state`;

/** @throws a unique violation where the name or what it matches is in use */
export async function insertCredential(db: Db, given: NewCredential): Promise<CredentialRow> {
  const { rows } = await sql<CredentialRow>`
    insert into credential
      (kind, name, matches, roles, accounts, sources, created_by, created_at, expires_at)
    select ${given.kind}, ${given.name}, ${given.matches}, ${[...given.roles]}::text[],
      ${[...given.bindings.accounts]}::text[], ${[...given.bindings.sources]}::text[], ${given.by},
      now, now + ${given.expiresIn ?? null}::interval
    from ledger_now() as now
    returning ${SHOWN}`.execute(db);
  return rows[0]!;
}

/**
 * Gives a name another token, for as long as the one before was given; that one ends after `overlap` (ISO 8601).
 * @returns `undefined`: there is none of this name
 */
export async function replaceToken(
  db: Db,
  { name, matches, by, overlap }: { name: string; matches: string; by: string; overlap: string },
): Promise<CredentialRow | undefined> {
  return db.transaction().execute(async (trx) => {
    const { rows: standing } = await sql<{ id: string; lifetime: string | null }>`
      select credential_id as id, (expires_at - created_at)::text as lifetime from credential
      where kind = 'token' and name = ${name} and revoked_at is null and replaced_at is null
      for update`.execute(trx);
    if (!standing[0]) return undefined;
    const { id, lifetime } = standing[0];
    await sql`
      update credential set replaced_at = ledger_now(),
        expires_at = least(expires_at, ledger_now() + ${overlap}::interval)
      where credential_id = ${id}`.execute(trx);
    const { rows } = await sql<CredentialRow>`
      insert into credential
        (kind, name, matches, roles, accounts, sources, created_by, created_at, expires_at)
      select kind, name, ${matches}, roles, accounts, sources, ${by},
             now, now + ${lifetime}::interval
      from credential, ledger_now() as now where credential_id = ${id}
      returning ${SHOWN}`.execute(trx);
    return rows[0];
  });
}

/** @returns how many of this name it has ended: with it those that it had replaced */
export async function revokeCredentials(
  db: Db,
  { kind, name, by }: { kind: CredentialKind; name: string; by: string },
): Promise<number> {
  return db.transaction().execute(async (trx) => {
    // A rotation under way holds this row, and its token is seen only by a statement that begins after it.
    const held = trx.selectFrom('credential').select('credential_id').where('kind', '=', kind);
    await held.where('name', '=', name).where('revoked_at', 'is', null).forUpdate().execute();
    const ended = await trx
      .updateTable('credential')
      .set({ revoked_by: by, revoked_at: sql`ledger_now()` })
      .where('kind', '=', kind)
      .where('name', '=', name)
      .where('revoked_at', 'is', null)
      .executeTakeFirst();
    return Number(ended.numUpdatedRows);
  });
}

/** The newest first, the ended ones among them. */
export async function listCredentials(
  db: Db,
  { kind, most }: { kind: CredentialKind; most: number },
): Promise<CredentialRow[]> {
  const { rows } = await sql<CredentialRow>`
    select ${SHOWN} from credential where kind = ${kind}
    order by created_at desc, credential_id limit ${most}`.execute(db);
  return rows;
}
