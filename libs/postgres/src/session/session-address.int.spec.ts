import { sql } from 'kysely';
import { createTestDatabase, testDatabaseOptions, type TestDatabase } from '#libs/testing';
import { Database } from '../database';

describe('an address that says something of its sessions', () => {
  let db: TestDatabase;

  beforeAll(async () => {
    db = await createTestDatabase();
  });
  afterAll(() => db.drop());

  const shown = async (query: Readonly<Record<string, string>>, name: string) => {
    const more = new URLSearchParams(query).toString();
    const url = `${db.url}${db.url.includes('?') ? '&' : '?'}${more}`;
    const database = new Database(testDatabaseOptions(url));
    try {
      const { rows } = await sql<{ value: string }>`
        select current_setting(${name}) as value`.execute(database.kysely);
      return rows[0]!.value;
    } finally {
      await database.close();
    }
  };

  it('has its way where the ledger needs nothing', async () => {
    const options = String.raw`-c work_mem=65MB -c spend_ledger.note=two\ words`;
    expect(await shown({ options }, 'work_mem')).toBe('65MB');
    expect(await shown({ options }, 'spend_ledger.note')).toBe('two words');
    expect(await shown({ options }, 'search_path')).toBe('public');
  });

  it.each([
    [{ options: '-c jit=on' }, 'jit', 'off'],
    [{ options: '-c search_path=pg_catalog' }, 'search_path', 'public'],
    [
      { options: '-c default_transaction_isolation=serializable' },
      'transaction_isolation',
      'read committed',
    ],
    [{ statement_timeout: '1' }, 'statement_timeout', '10s'],
    [{ lock_timeout: '1' }, 'lock_timeout', '10s'],
    [{ idle_in_transaction_session_timeout: '1' }, 'idle_in_transaction_session_timeout', '10s'],
  ])('has not where it does: %j', async (query, name, value) => {
    expect(await shown(query, name)).toBe(value);
  });
});
