import { readFile } from 'node:fs/promises';
import type { Database } from '#libs/postgres';
import { isPermissionDenied, isUniqueViolation } from '#libs/runtime';
import { UNBOUND } from './bindings';
import { insertCredential } from './manage-credentials';
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
  const { kysely } = database;
  const any = await kysely.selectFrom('credential').select('name').limit(1).executeTakeFirst();
  if (any) return undefined;
  try {
    await insertCredential(database.kysely, {
      kind: 'token',
      name: 'first',
      matches: hashToken(token).toString('hex'),
      roles: ROLES,
      bindings: UNBOUND,
      by: 'FIRST_TOKEN_FILE',
      expiresIn: undefined,
    });
  } catch (error) {
    if (isPermissionDenied(error)) {
      return 'FIRST_TOKEN_FILE is set, but the user in DATABASE_URL may make no token: run `npm run ledger -- migrate` with it as the owner of the database.';
    }
    // Another process of the ledger was faster.
    if (!isUniqueViolation(error)) throw error;
  }
  return undefined;
}
