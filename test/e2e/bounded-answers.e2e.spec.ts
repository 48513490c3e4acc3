import { spendEvent, type GrpcLedger } from '#libs/testing';
import {
  BUDGETS,
  EVENTS,
  HOLDS,
  WORST_ACCOUNT,
  WORST_SCOPE,
  WorstLedger,
} from './support/worst-ledger';

interface Refused {
  readonly problem: {
    readonly code: string;
    readonly errors: readonly object[];
    readonly errorsLeftOut: number;
    readonly onRecord: object | null;
  };
}

const MIB = 1024 * 1024;
const BATCH = 'application/cloudevents-batch+json';

describe('no answer is larger than 4 MiB', () => {
  let ledger: WorstLedger;
  let grpc: GrpcLedger;

  beforeAll(async () => {
    ledger = await WorstLedger.start();
    grpc = ledger.process.grpc();
  });
  afterAll(async () => {
    grpc.close();
    await ledger.remove();
  });

  async function ask(method: string, path: string, body?: unknown, type = 'application/json') {
    const response = await fetch(ledger.process.httpUrl + path, {
      method,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': type } }),
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    expect(bytes.length).toBeLessThan(4 * MIB);
    return { status: response.status, body: JSON.parse(bytes.toString()) };
  }

  const many = (count: number, value: unknown, name = 'stranger') =>
    Object.fromEntries(Array.from({ length: count }, (_, n) => [`${name}-${n}`, value]));
  const bad = (data: object, event: object = {}) => ({ ...ledger.event(0, data), ...event });
  const secret = (n: number) => `sk-${String(n).padStart(20, 'x')}`;

  it.each<[what: string, entry: () => object, faults: number]>([
    ['1,900 members that no spend has', () => bad(many(1900, 1)), 1900],
    ['2,000 attributes that are none', () => bad({}, many(2000, 1)), 2000],
    ['members of its scope', () => bad({ scope: { ...WORST_SCOPE, ...many(500, 1) } }), 500],
    [
      'secrets deep inside',
      () => {
        let inside: object = many(100, secret(1), 'é'.repeat(10));
        for (let n = 0; n < 12; n += 1) inside = { ['n"'.repeat(60)]: inside };
        return bad({ metadata: inside });
      },
      100,
    ],
    [
      'numbers that nobody can keep',
      () => bad({ metadata: { list: Array(900).fill(2 ** 60) } }),
      900,
    ],
  ])('of a batch of entries with %s', async (_what, entry, faults) => {
    const good = ledger.event(10_000 + faults);
    const entries = [...Array.from({ length: 100 }, entry), good];
    const { status, body } = await ask('POST', '/v1/events', entries, BATCH);
    expect(status).toBe(422);
    expect(body.results).toHaveLength(entries.length);
    expect(body.results.at(-1)).toMatchObject({ status: 201, duplicate: false });
    for (const { status, problem } of body.results.slice(0, -1)) {
      expect([status, problem.code]).toEqual([400, 'invalid']);
      expect(problem.errors.length).toBeLessThanOrEqual(20);
      expect(problem.errors.length + problem.errorsLeftOut).toBe(faults);
    }
  });

  it('of a batch of a thousand such entries: the last ones say of one fault, and how many more', async () => {
    const entries = Array.from({ length: 1000 }, () =>
      spendEvent(WORST_SCOPE, '1', { id: '', source: '' }, many(40, 1, '"'.repeat(110))),
    );
    const { status, body } = await ask('POST', '/v1/events', entries, BATCH);
    expect(status).toBe(422);
    const counts = body.results.map(({ problem }: Refused) => {
      expect(problem.errors.length + problem.errorsLeftOut).toBe(42);
      return problem.errors.length;
    });
    expect([counts[0], counts.at(-1)]).toEqual([20, 1]);
  });

  it('of a batch of conflicts, each of which is on record', async () => {
    const entries = Array.from({ length: EVENTS }, (_, n) => ledger.event(n, { amount: '0.02' }));
    const { status, body } = await ask('POST', '/v1/events', entries, BATCH);
    expect(status).toBe(422);
    const shown = body.results.map(({ problem }: Refused) => {
      expect(problem.code).toBe('event_conflict');
      return problem.onRecord !== null;
    });
    expect([shown[0], shown.at(-1)]).toEqual([true, false]);
  });

  it.each<[path: string, count: number]>([
    [`/v1/events?account=${encodeURIComponent(WORST_ACCOUNT)}`, EVENTS],
    ['/v1/events?', EVENTS],
    ['/v1/spend?groupBy=account,team,user,key,model,source,day,month', EVENTS],
    ['/v1/budgets?', BUDGETS],
    [`/v1/budgets?account=${encodeURIComponent(WORST_ACCOUNT)}`, BUDGETS],
    [`/v1/budgets/${'b0'.padEnd(128, '-')}/revisions?`, 1],
    ['/v1/holds?', HOLDS],
    ['/v1/holds?state=active', HOLDS],
    ['/v1/warnings?', 1],
  ])('of the largest page of %s, whose pages together have all', async (path, least) => {
    let count = 0;
    for (let token = ''; ;) {
      const { status, body } = await ask('GET', `${path}&pageSize=1000&pageToken=${token}`);
      expect(status).toBe(200);
      count += body.items.length;
      token = encodeURIComponent(body.nextPageToken);
      if (token === '') break;
    }
    expect(count).toBeGreaterThanOrEqual(least);
  });

  it('of what lists all budgets of an account', async () => {
    const account = encodeURIComponent(WORST_ACCOUNT);
    const balance = await ask('GET', `/v1/balances?account=${account}`);
    expect(balance.body.budgets).toHaveLength(BUDGETS);
    const at = encodeURIComponent(new Date().toISOString());
    const then = await ask('GET', `/v1/balances?account=${account}&at=${at}`);
    expect(then.body.budgets).toHaveLength(BUDGETS);
    const scope = WORST_SCOPE;
    expect((await ask('POST', '/v1/check', { scope })).body.budgets).toHaveLength(BUDGETS);
    const over = { scope, estimate: '100000' };
    const refused = await ask('POST', '/v1/check', over);
    expect(refused.body).toMatchObject({ allowed: false, decisionId: expect.any(String) });
    const authorized = await ask('POST', '/v1/authorize', over);
    expect([authorized.status, authorized.body.decision.budgets.length]).toEqual([429, BUDGETS]);
    const hold = { scope, amount: '100000', ttlSeconds: 60 };
    expect((await ask('POST', '/v1/holds', hold)).status).toBe(429);
    const kept = await ask('GET', `/v1/decisions/${refused.body.decisionId}`);
    expect(kept.body.budgets).toHaveLength(BUDGETS);
    const more = { account: WORST_ACCOUNT, limit: '1', window: { type: 'total' } };
    const oneMore = await ask('PUT', '/v1/budgets/one-more', more);
    expect(oneMore).toMatchObject({ status: 422, body: { code: 'too_much' } });
    const again = await ask('PUT', `/v1/budgets/${'b1'.padEnd(128, '-')}`, {
      ...more,
      limit: '2000',
    });
    expect([again.status, again.body.status.limit]).toEqual([200, '2000.00']);
  });

  it('of a body with too many members, or one that is too large to be read', async () => {
    const scope = { type: 'user', userId: 'a' };
    for (const path of ['/v1/check', '/v1/authorize', '/v1/holds', '/v1/windows/preview']) {
      const { status, body } = await ask('POST', path, { scope, ...many(2000, 1) });
      expect([status, body.errors.length]).toEqual([400, 20]);
      expect(body.errorsLeftOut).toBeGreaterThan(1900);
      expect((await ask('POST', path, { scope, ...many(30_000, 1) })).status).toBe(413);
    }
    const window = { type: 'calendar', unit: 'day', zone: 'UTC' };
    const preview = await ask('POST', '/v1/windows/preview', { window, count: 1000 });
    expect(preview.body.windows).toHaveLength(1000);
    const list = await ask(
      'GET',
      `/v1/events?${Array(1500)
        .fill(0)
        .map((_, n) => `q${n}=1`)
        .join('&')}`,
    );
    expect([list.status, list.body.errors.length]).toEqual([400, 20]);
    expect(list.body.errorsLeftOut).toBe(1480);
  });

  it('over gRPC, to a client with the limit that it has from the start', async () => {
    const struct = (count: number) => ({
      fields: many(count, { listValue: { values: [{ numberValue: 2 ** 60 }] } }, '"'.repeat(100)),
    });
    const event = (id: string, metadata?: object) => ({
      id,
      source: 'grpc',
      time: { seconds: 1_777_284_000 },
      amount: '1.00',
      metadata,
      scope: { user: { user_id: 'alice' } },
    });
    const events = [
      ...Array.from({ length: 400 }, (_, n) => event(`bad-${n}`, struct(100))),
      event('good'),
    ];
    const { results } = await grpc.call('IngestService', 'RecordSpendBatch', { events });
    expect(results.at(-1)).toMatchObject({ receipt: { id: 'good', duplicate: false } });
    for (const { problem } of results.slice(0, -1)) {
      expect(problem).toMatchObject({ code: 'invalid', retryable: false });
      expect(problem.errors.length + problem.errors_left_out).toBe(100);
    }
    expect(results[0].problem.errors).toHaveLength(20);
    const page = await grpc.call('BudgetAdminService', 'ListBudgets', { page_size: 1000 });
    expect(page.items).toHaveLength(BUDGETS);
    const { decision } = await grpc.call('BudgetService', 'Check', {
      scope: { team: { team_id: WORST_SCOPE.teamId, user_id: WORST_SCOPE.userId } },
    });
    expect(decision.budgets).toHaveLength(BUDGETS);
  });

  it('over gRPC neither for entries without number, nor for messages without end', async () => {
    const nothing = Array.from({ length: 1_000_000 }, () => ({}));
    const batch = grpc.call('IngestService', 'RecordSpendBatch', { events: nothing });
    await expect(batch).rejects.toThrow('at most 1000 events');
    const long = { scope: { user: { user_id: 'a'.repeat(300 * 1024) } } };
    await expect(grpc.call('BudgetService', 'Check', long)).rejects.toThrow('RESOURCE_EXHAUSTED');
    const single = { id: 'x', source: 'a'.repeat(70 * 1024), amount: '1' };
    const { results } = await grpc.call('IngestService', 'RecordSpendBatch', { events: [single] });
    expect(results[0].problem).toMatchObject({ code: 'too_large' });
  });
});
