import { instantOf, parseAccount, type Account, type Scope } from '#libs/ledger';
import type { NewRecord } from '#libs/spend-log';
import {
  adjustmentRecord,
  createTestDatabase,
  openTestLog,
  projectLog,
  spendRecord,
  TEST_PARTITIONS,
  type TestDatabase,
} from '#libs/testing';
import { findEvent } from './find-event';
import { pageEvents, type EventPage, type EventsRequest } from './page-events';

const ALICE: Scope = { type: 'user', userId: 'alice', keyId: 'k' };
const IN_TEAM: Scope = { type: 'team', teamId: 'ml', userId: 'alice', keyId: 'k' };

function account(text: string): Account {
  const parsed = parseAccount(text, 'account');
  if (!parsed.ok) throw new Error(text);
  return parsed.value;
}

function at(minute: number) {
  return instantOf(`2026-04-27T10:${String(minute).padStart(2, '0')}:00Z`);
}

describe('a list of events', () => {
  let db: TestDatabase;

  beforeEach(async () => {
    db = await createTestDatabase();
  });
  afterEach(() => db.drop());

  const record = async (...records: NewRecord[]) => {
    await openTestLog(db.database).append(records);
    await projectLog(db.database);
  };
  const page = async (request: EventsRequest): Promise<EventPage> => {
    const read = await pageEvents(db.database, request, TEST_PARTITIONS);
    if (!read.ok) throw new Error(JSON.stringify(read.errors));
    return read.value;
  };
  const idsOf = ({ items }: EventPage) => items.map(({ id }) => id);
  const spend = (scope: Scope, id: string, minute: number, amount: string | undefined = '1.00') =>
    spendRecord(scope, amount, { id, time: at(minute) });
  const walk = async (request: EventsRequest, between: () => Promise<void>) => {
    const seen: unknown[] = [];
    for (let pageToken = ''; ;) {
      const read = await page({ ...request, pageToken });
      seen.push(...idsOf(read));
      pageToken = read.nextPageToken;
      if (pageToken === '') return seen;
      await between();
    }
  };

  it('has what feeds an account, and no more: corrections too, at the time of their spend', async () => {
    const early = spend(ALICE, 'early', 2);
    await record(spend(IN_TEAM, 'of-team', 1), spend(ALICE, 'late', 5), early);
    await record(adjustmentRecord(early, '0.25', { id: 'amended', time: at(30) }));
    expect(idsOf(await page({ account: account('user:alice') }))).toEqual([
      ...['early', 'amended', 'late'],
    ]);
    expect(idsOf(await page({ account: account('member:ml/alice') }))).toEqual(['of-team']);
    expect(idsOf(await page({ account: account('team:ml') }))).toEqual(['of-team']);
    expect(idsOf(await page({ account: account('key:k') }))).toEqual([
      ...['of-team', 'early', 'amended', 'late'],
    ]);
    expect(idsOf(await page({}))).toEqual(['of-team', 'early', 'amended', 'late']);
    expect(await page({ account: account('user:nobody') })).toEqual({
      items: [],
      nextPageToken: '',
    });
  });

  it('has a time half open', async () => {
    await record(...[1, 2, 3].map((minute) => spend(ALICE, `at-${minute}`, minute)));
    expect(idsOf(await page({ from: at(1), to: at(3) }))).toEqual(['at-1', 'at-2']);
    expect(idsOf(await page({ from: at(3) }))).toEqual(['at-3']);
    expect(idsOf(await page({ to: at(1) }))).toEqual([]);
    expect(idsOf(await page({ account: account('key:k'), from: at(2), to: at(2) }))).toEqual([]);
    expect(await pageEvents(db.database, { from: at(2), to: at(1) }, TEST_PARTITIONS)).toEqual({
      ok: false,
      errors: [{ field: 'to', rule: 'range', message: 'must not be before from' }],
    });
  });

  it('shows a correction as the event that it was', async () => {
    const paid = spend(ALICE, 'paid', 1, '2.00');
    const reason = 'a wrong price';
    await record(
      paid,
      adjustmentRecord(paid, '0.5', { id: 'amend', time: at(30), reason }),
      adjustmentRecord(paid, 'reverse', { id: 'reverse', time: at(31), reason }),
    );
    const { items } = await page({});
    const adjusts = { source: 'test-gateway', id: 'paid' };
    expect(items.slice(1)).toEqual([
      {
        specversion: '1.0',
        id: 'amend',
        source: 'test-finance',
        type: 'spendledger.spend.adjusted.v1',
        time: '2026-04-27T10:30:00Z',
        datacontenttype: 'application/json',
        recordedat: '2026-04-27T10:00:00Z',
        knownat: '2026-04-27T10:00:00.000001Z',
        position: `${paid.partition}:2`,
        caller: expect.any(String),
        data: { adjusts, kind: 'amend', amount: '0.50', reason },
      },
      expect.objectContaining({ id: 'reverse', data: { adjusts, kind: 'reverse', reason } }),
    ]);
  });

  it('gives each event once, whatever comes meanwhile', async () => {
    // Many at one time, in one partition and in several.
    const there = [ALICE, IN_TEAM, { type: 'key', keyId: 'k' } as const].flatMap((scope) =>
      [1, 1, 1, 2, 3].map((minute, n) => spend(scope, `${scope.type}-${n}`, minute)),
    );
    await record(...there);
    for (const request of [{}, { account: account('key:k') }]) {
      let more = 0;
      const seen = await walk({ ...request, pageSize: 2 }, async () => {
        if (more < 6) await record(spend(ALICE, `new-${JSON.stringify(request)}-${more++}`, 2));
      });
      expect(new Set(seen).size).toBe(seen.length);
      const ids = there.map(({ headers }) => headers['ce_id']);
      expect(seen.filter((id) => !String(id).startsWith('new')).sort()).toEqual(ids.sort());
    }
  });

  it('refuses the token of another query, and what is none', async () => {
    await record(spend(ALICE, 'a', 1), spend(ALICE, 'b', 2));
    const { nextPageToken } = await page({ pageSize: 1 });
    expect(nextPageToken).not.toBe('');
    for (const request of [
      { account: account('user:alice'), pageToken: nextPageToken },
      { from: at(0), pageToken: nextPageToken },
      { pageToken: 'x' },
      { pageToken: `${nextPageToken}==` },
      { pageToken: Buffer.from('\0 \0').toString('base64url') },
    ]) {
      expect(await pageEvents(db.database, request, TEST_PARTITIONS)).toMatchObject({
        ok: false,
        errors: [{ field: 'pageToken', rule: 'page_token' }],
      });
    }
  });

  describe('one event', () => {
    const find = (id: string, source = 'test-gateway') =>
      findEvent(db.database, { source, id }, TEST_PARTITIONS).then((found) => found?.document);

    it('says what it costs now, and where it was corrected', async () => {
      const unknown = spendRecord(ALICE, undefined, { id: 'unknown' });
      await record(unknown, spend(ALICE, 'plain', 1, '2.00'));
      const never = { corrections: expect.anything(), correctedby: expect.anything() };
      const plain = await find('plain');
      expect(plain).toMatchObject({ effectiveamount: '2.00', data: { amount: '2.00' } });
      expect(plain).not.toMatchObject(never);
      expect(await find('unknown')).not.toHaveProperty('effectiveamount');
      await record(adjustmentRecord(unknown, '3.125', { id: 'priced' }));
      await record(adjustmentRecord(unknown, 'reverse', { id: 'reversed' }));
      const corrected = await find('unknown');
      expect(corrected).toMatchObject({ effectiveamount: '0.00', corrections: 2 });
      expect(corrected).toMatchObject({ correctedby: `${unknown.partition}:4` });
      expect(corrected?.['data']).not.toHaveProperty('amount');
      expect(await find('priced', 'test-finance')).not.toHaveProperty('effectiveamount');
    });

    it('is not mistaken for one that says so of itself', async () => {
      const { headers, ...rest } = spendRecord(ALICE, undefined, { id: 'liar' });
      const said = { ce_effectiveamount: '9.00', ce_corrections: '3', ce_traceparent: '00-1' };
      await record({ ...rest, headers: { ...headers, ...said } });
      const found = await find('liar');
      expect(found).toMatchObject({ traceparent: '00-1' });
      expect(found).not.toHaveProperty('effectiveamount');
      expect(found).not.toHaveProperty('corrections');
    });

    it('is none where there is none', async () => {
      await record(spend(ALICE, 'a', 1));
      expect(await find('a', 'another')).toBeUndefined();
    });
  });
});
