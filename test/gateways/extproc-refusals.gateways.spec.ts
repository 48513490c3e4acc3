/** @needs envoy */
import { randomUUID } from 'node:crypto';
import { SECRET } from './support/doors';
import { callModel, Wiring, type Asked } from './support/wiring';

let wiring: Wiring;
beforeAll(async () => {
  wiring = await Wiring.start();
});
beforeEach(() => wiring.upstream.forget());
afterAll(() => wiring.stop());

const LIMIT = '0.001';

describe.each(['envoy-extproc.yaml', 'envoy-extproc-als.yaml'])('%s', (file) => {
  const call = async (asked: Asked, gateway = 'extproc') =>
    callModel(await wiring.envoy({ file, gateway }), asked);

  it('refuses what a budget has no money for, and the upstream sees nothing of it', async () => {
    const user = randomUUID();
    await wiring.ledger.setBudget(`user:${user}`, LIMIT);
    const answer = await call({ headers: { 'x-user': user }, body: { max_tokens: 100 } });
    expect(answer.status).toBe(429);
    expect(JSON.parse(answer.text)).toMatchObject({
      error: { type: 'insufficient_quota', param: null, code: 'budget_exceeded' },
    });
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'application/json',
      'x-should-retry': 'false',
      'x-spend-blocked-by': expect.any(String),
      'x-spend-remaining': LIMIT,
      'x-spend-decision-id': expect.any(String),
    });
    expect(wiring.upstream.calls).toEqual([]);
    await wiring.ledger.hasSpent(`user:${user}`, '0');
  });

  it('tells the upstream which hold pays for the call', async () => {
    const answer = await call({ headers: { 'x-user': randomUUID() }, body: { max_tokens: 100 } });
    expect(answer.status).toBe(200);
    const holdId = String(wiring.upstream.calls[0]!.headers['x-spend-hold-id']);
    expect((await wiring.ledger.http.get(`/v1/holds/${holdId}`)).body).toMatchObject({ holdId });
  });

  it.each<[number, string, Asked, string]>([
    [403, 'scope_unknown', {}, 'extproc'],
    [400, 'model_unknown', { model: 'nobody', headers: { 'x-user': 'u' } }, 'extproc'],
    [400, 'invalid', { headers: { 'x-user': SECRET } }, 'extproc'],
    [503, 'gateway_unknown', { headers: { 'x-user': 'u' } }, 'nowhere'],
  ])('answers %d with %s', async (status, code, asked, gateway) => {
    const answer = await call(asked, gateway);
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text)).toMatchObject({ error: { code } });
    expect(answer.text).not.toContain(SECRET);
    expect(wiring.upstream.calls).toEqual([]);
  });

  it('lets no more calls through at once than the budget has money for', async () => {
    const user = randomUUID();
    await wiring.ledger.setBudget(`user:${user}`, '0.0070');
    const statuses = await Promise.all(
      Array.from({ length: 60 }, async () => {
        const asked = { body: { max_tokens: 100 }, wanted: { input: 80, output: 90 } };
        return (await call({ headers: { 'x-user': user }, ...asked })).status;
      }),
    );
    const passed = statuses.filter((status) => status === 200).length;
    expect(new Set(statuses)).toEqual(new Set([200, 429]));
    expect(wiring.upstream.calls).toHaveLength(passed);
    // Each holds 0.001 for its answer and less than 0.001 for its body, and costs 0.001.
    expect(passed).toBeGreaterThanOrEqual(3);
    expect(passed).toBeLessThanOrEqual(7);
    await wiring.ledger.hasSpent(`user:${user}`, String(passed / 1000));
  });
});

describe('without a hold', () => {
  it('records what a call cost, as an event of its gateway', async () => {
    const user = randomUUID();
    const url = await wiring.envoy({ file: 'envoy-extproc.yaml', gateway: 'check' });
    const asked = { headers: { 'x-user': user }, wanted: { input: 1000, output: 10 } };
    expect((await callModel(url, asked)).status).toBe(200);
    expect(wiring.upstream.calls[0]!.headers).not.toHaveProperty('x-spend-hold-id');
    await wiring.ledger.hasSpent(`user:${user}`, '0.00135');
  });
});
