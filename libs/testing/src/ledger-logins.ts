import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { grantRoles, LEDGER_ROLES, nameOfRole, type LedgerRole } from '#libs/postgres';
import type { TestDatabase } from './test-database';

/** Real logins of a suite's own, one in each of the ledger's roles, and one in none. */
export interface LedgerLogins {
  readonly names: Readonly<Record<LedgerRole | 'stranger', string>>;
  /** How each connects to the suite's database. */
  readonly urls: Readonly<Record<LedgerRole | 'stranger', string>>;
  /** After the database, in which they may do something, is gone. */
  drop(): Promise<void>;
}

/** @param server a database that stays until the logins are dropped */
export async function createLedgerLogins(
  { url, database }: Pick<TestDatabase, 'url' | 'database'>,
  server: TestDatabase,
): Promise<LedgerLogins> {
  const granted = await grantRoles(database);
  if (granted.outcome !== 'granted') throw new Error(granted.outcome);
  const suite = randomBytes(6).toString('hex');
  const password = randomBytes(12).toString('hex');
  const names: Record<string, string> = {};
  const urls: Record<string, string> = {};
  for (const who of [...LEDGER_ROLES, 'stranger'] as const) {
    const name = `login_${who}_${suite}`;
    const role = who === 'stranger' ? sql`` : sql` in role ${sql.id(nameOfRole(who))}`;
    await sql`create role ${sql.id(name)} login password ${sql.lit(password)}${role}`.execute(
      database.kysely,
    );
    names[who] = name;
    urls[who] = asUser(url, name, password);
  }
  const drop = async () => {
    for (const name of Object.values(names)) {
      await sql`drop role ${sql.id(name)}`.execute(server.database.kysely);
    }
  };
  return { names: names as LedgerLogins['names'], urls: urls as LedgerLogins['urls'], drop };
}

/** The same database for another user; an address may name a socket, which `URL` does not read. */
export function asUser(url: string, name: string, password: string): string {
  return url.replace(/^(postgres(?:ql)?:\/\/)(?:[^@/]*@)?/, `$1${name}:${password}@`);
}
