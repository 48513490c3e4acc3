import { instantOf, type Scope } from '#libs/ledger';
import type { NewRecord } from '#libs/spend-log';
import {
  createTestDatabase,
  openTestLog,
  projectLog,
  spendRecord,
  TEST_CURRENCY,
  type TestDatabase,
} from '#libs/testing';
import { contentHash, eventKeyOf } from '#libs/wire';
import { readRecordedSpends } from './read-events';

const ALICE: Scope = { type: 'user', userId: 'alice' };
const ID = { source: 'test-gateway', id: 'a' };
const KEY = eventKeyOf(ID);

describe('spends on record', () => {
  let db: TestDatabase;

  beforeEach(async () => {
    db = await createTestDatabase();
  });
  afterEach(() => db.drop());

  const record = async (record: NewRecord) => {
    await openTestLog(db.database).append([record]);
    await projectLog(db.database);
  };
  const read = async (partition: number) => {
    const found = await readRecordedSpends(db.database, [{ partition, eventKey: KEY }]);
    return found.get(KEY);
  };

  it('come back as CloudEvents, with all that was said', async () => {
    const metadata = { '\\"': ['é', 1.5, null], constructor: { a: true } };
    const time = instantOf('2026-04-27T10:00:00.000001Z');
    const scope: Scope = { type: 'team', teamId: 'ml', userId: 'alice', keyId: 'k' };
    const names = { requestId: 'r', holdId: 'h', model: 'm' };
    const spend = spendRecord(scope, '12.5', { ...ID, ...names, time, metadata });
    const { partition, headers } = spend;
    await record({ ...spend, headers: { ...headers, ce_traceparent: '00-1' } });
    const { content, ...found } = (await read(partition))!;
    expect(contentHash(content)).toBe(headers['ce_contenthash']);
    expect(found).toEqual({
      eventKey: KEY,
      partition,
      nextOffset: 1n,
      document: {
        caller: 'test',
        specversion: '1.0',
        ...ID,
        type: 'spendledger.spend.recorded.v1',
        time: '2026-04-27T10:00:00.000001Z',
        datacontenttype: 'application/json',
        traceparent: '00-1',
        recordedat: '2026-04-27T10:00:00Z',
        knownat: '2026-04-27T10:00:00Z',
        position: `${partition}:1`,
        data: {
          scope,
          amount: '12.50',
          currency: TEST_CURRENCY,
          basis: 'exact',
          ...names,
          metadata,
        },
      },
    });
  });

  it('leave out what was not said, an unknown amount too', async () => {
    const spend = spendRecord(ALICE, undefined, ID);
    await record(spend);
    const found = await read(spend.partition);
    expect(found?.document['data']).toEqual({
      scope: ALICE,
      currency: TEST_CURRENCY,
      basis: 'unknown',
    });
  });

  it('are not found in another partition, nor before they are projected', async () => {
    const spend = spendRecord(ALICE, '1.00', ID);
    await openTestLog(db.database).append([spend]);
    expect(await read(spend.partition)).toBeUndefined();
    await projectLog(db.database);
    expect(await read(spend.partition + 1)).toBeUndefined();
    expect(await readRecordedSpends(db.database, [])).toEqual(new Map());
  });
});
