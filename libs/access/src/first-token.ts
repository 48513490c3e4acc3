import { readFile } from 'node:fs/promises';
import { sql, type Kysely } from 'kysely';
import type { Database, Tables } from '#libs/postgres';
import { isPermissionDenied } from '#libs/runtime';
import { UNBOUND } from './bindings';
import { insertCredential, type NewCredential } from './manage-credentials';
import { ROLES } from './role';
import { hashToken, isToken } from './token';

/**
 * Makes the token in a file the first of a ledger that has no credential yet, with every role, under the name `first`.
 * @returns a sentence why the file is of no use
 */
export async function keepFirstToken(
  database: Database,
  file: string,
): Promise<string | undefined> {
  const token = await readFile(file, 'utf8').then(
    (text) => text.trim(),
    (error: NodeJS.ErrnoException) => ({ code: error.code ?? 'unreadable' }),
  );
  if (typeof token === 'object') return `FIRST_TOKEN_FILE cannot be read (${token.code}).`;
  if (!isToken(token)) {
    return 'FIRST_TOKEN_FILE must hold one token: slt_ and 43 letters, digits, - or _ that were drawn at random.';
  }
  if (await isInUse(database.kysely)) return undefined;
  try {
    await insertUnlessInUse(database, {
      kind: 'token',
      name: 'first',
      matches: hashToken(token),
      roles: ROLES,
      bindings: UNBOUND,
      by: 'FIRST_TOKEN_FILE',
      expiresIn: undefined,
    });
  } catch (error) {
    if (isPermissionDenied(error)) {
      return 'FIRST_TOKEN_FILE is set, but the user in DATABASE_URL may make no token: run `npm run ledger -- migrate` with it as the owner of the database.';
    }
    throw error;
  }
  return undefined;
}

/** Between looking and inserting nobody else makes one. */
async function insertUnlessInUse({ kysely }: Database, first: NewCredential): Promise<void> {
  await kysely.transaction().execute(async (trx) => {
    await sql`lock table credential in share row exclusive mode`.execute(trx);
    if (!(await isInUse(trx))) await insertCredential(trx, first);
  });
}

async function isInUse(db: Kysely<Tables>): Promise<boolean> {
  return (
    (await db.selectFrom('credential').select('name').limit(1).executeTakeFirst()) !== undefined
  );
}
