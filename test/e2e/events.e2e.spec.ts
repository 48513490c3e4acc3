import {
  createTestDatabase,
  LedgerProcess,
  type Answer,
  type HttpLedger,
  type TestDatabase,
} from '#libs/testing';
import { ApiDocument } from './support/api-document';
import { expectProblem } from './support/expect-problem';

const api = new ApiDocument();
const ALICE = { type: 'user', userId: 'alice', keyId: 'k' };
const IN_TEAM = { type: 'team', teamId: 'ml', userId: 'alice', keyId: 'k' };
const EVENTS = '/v1/events';
const EVENT = '/v1/event';
const SPEND = '/v1/spend';

describe('what is on record', () => {
  let db: TestDatabase;
  let ledger: LedgerProcess;
  let http: HttpLedger;
  let position = '';

  beforeAll(async () => {
    db = await createTestDatabase();
    ledger = await LedgerProcess.start({ env: { DATABASE_URL: db.url, VISIBLE_WAIT: 'PT0.2S' } });
    ({ http } = ledger);
    const positions = [];
    const call = (id: string, minute: number) => ({ id, time: `2026-04-27T10:0${minute}:00Z` });
    const paid = (await http.record(ALICE, '2', { ...call('paid', 3), traceparent: '00-1' })).body;
    positions.push(paid.position);
    positions.push(
      (await http.record(ALICE, undefined, call('unknown', 1), { basis: 'unknown' })).body.position,
    );
    positions.push(
      (await http.record(IN_TEAM, '4', call('of-team', 2), { model: 'gpt-5' })).body.position,
    );
    const change = { kind: 'amend', amount: '0.5', reason: 'a wrong price' };
    const event = { id: 'amended', time: '2026-04-28T00:00:00Z' };
    positions.push((await http.correct(paid, change, event)).body.position);
    position = positions.join(',');
  });
  afterAll(() => ledger.stop().then(() => db.drop()));

  /** An answer that is as the document says. */
  async function get(route: string, query: string, status = 200): Promise<Answer> {
    const answer = await http.get(`${route}?${query}`);
    const faults = api.faultsOf(`GET ${route}`, answer);
    expect({ query, status: answer.status, faults }).toEqual({ query, status, faults: [] });
    return answer;
  }
  const idsOf = ({ body }: Answer) => body.items.map(({ id }: { id: string }) => id);

  it('is listed by time, of an account or of all, page by page', async () => {
    const min = `minPosition=${encodeURIComponent(position)}`;
    expect(idsOf(await get(EVENTS, `account=user:alice&${min}`))).toEqual([
      'unknown',
      'paid',
      'amended',
    ]);
    expect(idsOf(await get(EVENTS, 'account=member:ml/alice'))).toEqual(['of-team']);
    expect(
      idsOf(await get(EVENTS, 'from=2026-04-27T12:02:00%2B02:00&to=2026-04-27T10:03:00Z')),
    ).toEqual(['of-team']);
    const first = await get(EVENTS, 'pageSize=3');
    expect(idsOf(first)).toEqual(['unknown', 'of-team', 'paid']);
    const token = first.body.nextPageToken as string;
    const second = await get(EVENTS, `pageSize=3&pageToken=${token}`);
    expect([idsOf(second), second.body.nextPageToken]).toEqual([['amended'], '']);
    expectProblem(await get(EVENTS, `account=key:k&pageToken=${token}`, 400), 400, 'invalid', [
      ['pageToken', 'page_token'],
    ]);
  });

  it('is found by its source and id', async () => {
    const { body } = await get(EVENT, 'source=test-gateway&id=paid');
    expect(body).toMatchObject({
      id: 'paid',
      traceparent: '00-1',
      data: { scope: ALICE, amount: '2.00' },
      effectiveamount: '0.50',
      corrections: 1,
      position: expect.stringMatching(/^\d+:\d+$/),
    });
    const correction = (await get(EVENT, 'source=test-finance&id=amended')).body;
    expect(correction).toMatchObject({
      type: 'spendledger.spend.adjusted.v1',
      time: '2026-04-28T00:00:00Z',
      data: {
        adjusts: { source: 'test-gateway', id: 'paid' },
        kind: 'amend',
        amount: '0.50',
        reason: 'a wrong price',
      },
    });
    expect(body.correctedby).toBe(correction.position);
    expect((await get(EVENT, 'source=test-gateway&id=unknown')).body).not.toHaveProperty(
      'effectiveamount',
    );
    expectProblem(await get(EVENT, 'source=other&id=paid', 404), 404, 'not_found', []);
  });

  it('is shown in a conflict as it is, a correction too', async () => {
    const spend = { source: 'test-gateway', id: 'paid' };
    const other = { id: 'amended', time: '2026-04-28T00:00:00Z' };
    const answer = await http.correct(spend, { kind: 'reverse', reason: 'x' }, other);
    expect(api.faultsOf('POST /v1/events', answer)).toEqual([]);
    expect(answer.body.onRecord).toMatchObject({
      id: 'amended',
      data: { kind: 'amend', amount: '0.50' },
    });
  });

  it('is summed by groups', async () => {
    const { body } = await get(SPEND, 'groupBy=account,day&zone=Asia/Tokyo');
    expect(body).toEqual({
      items: [
        {
          account: 'team:ml',
          day: '2026-04-27',
          spent: '4.00',
          calls: 1,
          unpriced: 0,
          corrections: 0,
        },
        {
          account: 'user:alice',
          day: '2026-04-27',
          spent: '0.50',
          calls: 2,
          unpriced: 1,
          corrections: 1,
        },
      ],
      nextPageToken: '',
    });
    const [only] = (await get(SPEND, 'groupBy=model&account=team:ml')).body.items;
    expect(only).toEqual({ model: 'gpt-5', spent: '4.00', calls: 1, unpriced: 0, corrections: 0 });
    const days = (await get(SPEND, 'groupBy=day,month&account=team:ml')).body.items;
    expect(days).toMatchObject([{ day: '2026-04-27', month: '2026-04' }]);
    const page = (await get(SPEND, 'groupBy=team&pageSize=1')).body;
    expect(
      (await get(SPEND, `groupBy=team&pageToken=${page.nextPageToken}`)).body.items,
    ).toHaveLength(1);
  });

  it.each<[string, string, [string, string][]]>([
    [EVENTS, 'account=alice', [['account', 'account']]],
    [EVENTS, 'account=user:*', [['account', 'account']]],
    [EVENTS, 'from=2026-04-27T10:00:00', [['from', 'offset']]],
    [EVENTS, 'to=yesterday', [['to', 'rfc3339']]],
    [EVENTS, 'from=2026-04-27T10:00:00Z&to=2026-04-27T09:00:00Z', [['to', 'range']]],
    [EVENTS, 'pageSize=-1&pageToken=', [['pageSize', 'whole_number']]],
    [EVENTS, 'pageToken=x', [['pageToken', 'page_token']]],
    [EVENTS, 'user=alice', [['user', 'unknown_member']]],
    [EVENTS, 'account=user:a&account=user:b', [['account', 'single']]],
    [EVENTS, `account=user:sk-${'x'.repeat(16)}&minPosition=1`, [['account', 'secret']]],
    [EVENT, 'source=a', [['id', 'required']]],
    [EVENT, 'id=a&source=', [['source', 'not_empty']]],
    [SPEND, '', [['groupBy', 'one_of']]],
    [SPEND, 'groupBy=tenant', [['groupBy', 'one_of']]],
    [SPEND, 'groupBy=day,day', [['groupBy', 'one_of']]],
    [SPEND, 'groupBy=day&zone=Mars/Olympus', [['zone', 'time_zone']]],
    [SPEND, 'groupBy=day&from=2026-04-28T00:00:00Z&to=2026-04-27T00:00:00Z', [['to', 'range']]],
  ])('is not shown to %s?%s', async (route, query, faults) => {
    expectProblem(await get(route, query, 400), 400, 'invalid', faults);
  });

  it.each([EVENTS, EVENT, SPEND])(
    'is told by %s with all up to a position, or not at all',
    async (route) => {
      const query = { [EVENTS]: '', [EVENT]: 'source=a&id=b&', [SPEND]: 'groupBy=day&' }[route];
      expectProblem(await get(route, `${query}minPosition=0:999`, 409), 409, 'not_yet_visible', []);
    },
  );
});
