import { sql } from 'kysely';
import { type Scope } from '#libs/ledger';
import {
  createTestDatabase,
  openTestLog,
  projectLog,
  spendRecord,
  spoilRecord,
  TEST_RULES,
  type TestDatabase,
} from '#libs/testing';
import { verifyLedger } from './verify-ledger';

const ALICE: Scope = { type: 'user', userId: 'alice', keyId: 'key-1' };

describe('verifying what events say', () => {
  let db: TestDatabase;

  beforeAll(async () => {
    db = await createTestDatabase();
    const said = {
      requestId: 'r',
      model: 'm',
      metadata: { b: { aa: 1, b: '\u0001\\ud800' }, a: [] },
    };
    await openTestLog(db.database).append([
      spendRecord(ALICE, '1.50', { id: 'whole', ...said }),
      spendRecord(ALICE, '1.50', { id: 'bare' }),
    ]);
    await projectLog(db.database);
  });
  afterAll(() => db.drop());

  /** What is found while a statement has changed the rows; then they are as before. */
  async function foundAfter(change: string) {
    const { rows } = await sql<{ all: string }>`
      select jsonb_agg(event)::text as all from spend_event event`.execute(db.database.kysely);
    await spoilRecord(db.database, (trx) => sql.raw(change).execute(trx));
    try {
      const facts = { ...TEST_RULES, logId: null };
      const { signal } = new AbortController();
      const options = { most: 100, atOnce: 1, signal };
      const { differences } = await verifyLedger(db.database, facts, options);
      return differences.map(({ kind, id }) => `${kind} ${id}`);
    } finally {
      await spoilRecord(db.database, async (trx) => {
        await sql`delete from spend_event`.execute(trx);
        await sql`
          insert into spend_event
          select * from jsonb_populate_recordset(null::spend_event, ${rows[0]!.all}::jsonb)`.execute(
          trx,
        );
      });
    }
  }

  it('finds nothing where they say what they were recorded as', async () => {
    expect(await foundAfter('select')).toEqual([]);
  });

  it('takes an amount for the same however many zeros it has', async () => {
    expect(await foundAfter('update spend_event set amount = 1.5000')).toEqual([]);
    expect(await foundAfter('update spend_event set amount = 1.5')).toEqual([]);
  });

  // Rows are read as texts with a mark between them, and another one for nothing.
  it.each([
    ['nothing becomes the mark of nothing', `set model = chr(2) where event_id = 'bare'`, 'bare'],
    ['a text becomes the mark of nothing', `set model = chr(2) where event_id = 'whole'`, 'whole'],
    ['a text ends with a mark', `set model = model || chr(1) where event_id = 'whole'`, 'whole'],
    [
      'two texts become one with a mark',
      `set request_id = 'r' || chr(1) || 'm', model = null where event_id = 'whole'`,
      'whole',
    ],
    [
      'one becomes as many as all',
      `set request_id = 'r' || chr(1) || chr(2) || chr(1) || 'm' where event_id = 'whole'`,
      'whole',
    ],
    ['nothing becomes an empty text', `set model = '' where event_id = 'bare'`, 'bare'],
  ])('finds the event in which %s', async (_what, change, id) => {
    expect(await foundAfter(`update spend_event ${change}`)).toEqual([`changed_event ${id}`]);
  });

  it('finds a name that has a mark in it', async () => {
    const found = await foundAfter(
      `update spend_event set source = source || chr(1) where event_id = 'bare'`,
    );
    expect(found).toEqual([`wrong_event_key bare`]);
  });

  it('finds a time that is off by the smallest unit', async () => {
    const found = await foundAfter(
      `update spend_event set time = time + interval '1 us' where event_id = 'bare'`,
    );
    expect(found.filter((each) => each.startsWith('changed'))).toEqual(['changed_event bare']);
  });
});
