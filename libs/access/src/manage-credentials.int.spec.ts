import { sql } from 'kysely';
import { createTestDatabase, waitUntil, type TestDatabase } from '#libs/testing';
import { UNBOUND } from './bindings';
import { insertCredential, replaceToken, revokeCredentials } from './manage-credentials';
import { hashToken, makeToken } from './token';

describe('a token that is revoked', () => {
  let db: TestDatabase;

  beforeEach(async () => {
    db = await createTestDatabase();
  });
  afterEach(() => db.drop());

  const matches = () => hashToken(makeToken());

  it('ends with the one that a rotation gives out at the same time', async () => {
    const { kysely } = db.database;
    const [name, by] = ['gw', 'test'];
    await insertCredential(kysely, {
      kind: 'token',
      name,
      by,
      matches: matches(),
      roles: ['check'],
      bindings: UNBOUND,
      expiresIn: undefined,
    });
    const waiting = async (): Promise<number> => {
      const { rows } = await sql<{ waiting: number }>`
        select count(*)::int as waiting from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`.execute(kysely);
      return rows[0]!.waiting;
    };
    const changes = await kysely.transaction().execute(async (other) => {
      await other.selectFrom('access_revision').selectAll().forUpdate().execute();
      const rotated = replaceToken(kysely, { name, by, matches: matches(), overlap: 'PT1H' });
      await waitUntil('the rotation has the row', async () => (await waiting()) === 1);
      const revoked = revokeCredentials(kysely, { kind: 'token', name, by });
      await waitUntil('the revocation waits for it', async () => (await waiting()) === 2);
      return [rotated, revoked] as const;
    });
    expect(await changes[0]).toMatchObject({ state: 'live' });
    expect(await changes[1]).toBe(2);
  });
});
