import { sql } from 'kysely';
import type { Database } from '#libs/postgres';
import { createTestDatabase, type TestDatabase } from '#libs/testing';
import { RealParts } from '../holds/support/real-parts';
import { HOSTILE, underSettings } from './support/hostile-settings';
import { NOW, useLedger } from './support/use-ledger';

describe('where the database has', () => {
  it.each(HOSTILE)('%s=%s, the ledger does all that it does', async (name, value, needed) => {
    const real = await RealParts.start(NOW, await underSettings('database', [[name, value]]));
    try {
      expect(await shown(real.db.database, name)).toBe(needed);
      await useLedger(real);
    } finally {
      await real.stop();
    }
  });
});

describe('where the role has all that', () => {
  let db: TestDatabase;

  beforeAll(async () => {
    db = await underSettings('role', HOSTILE);
  });
  afterAll(() => db.drop());

  it.each(HOSTILE)('a session has not %s=%s', async (name, _, needed) => {
    expect(await shown(db.database, name)).toBe(needed);
  });
});

describe('a session', () => {
  it.each(['local', 'remote_write', 'on', 'remote_apply'])(
    'commits as the operator says with synchronous_commit=%s',
    async (value) => {
      const db = await underSettings('database', [['synchronous_commit', value]]);
      try {
        expect(await shown(db.database, 'synchronous_commit')).toBe(value);
      } finally {
        await db.drop();
      }
    },
  );

  it('lasts, whatever limit of transactions a later Postgres has', async () => {
    const db = await createTestDatabase();
    try {
      const known = await shown(db.database, 'transaction_timeout');
      const limited = known === null ? [] : ([['transaction_timeout', '5s']] as const);
      const under = await underSettings('database', limited);
      try {
        expect(await shown(under.database, 'transaction_timeout')).toBe(known);
      } finally {
        await under.drop();
      }
    } finally {
      await db.drop();
    }
  });
});

async function shown({ kysely }: Database, name: string): Promise<string | null> {
  const { rows } = await sql<{ value: string | null }>`
    select current_setting(${name}, true) as value`.execute(kysely);
  return rows[0]!.value;
}
