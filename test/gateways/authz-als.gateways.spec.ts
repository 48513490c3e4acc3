/** @needs envoy */
import { randomUUID } from 'node:crypto';
import { waitUntil } from '#libs/testing';
import { COST } from './support/doors';
import type { Wanted } from './support/upstream-answers';
import { callModel, openCall, Wiring, type Asked } from './support/wiring';

const WIRED = { file: 'envoy-authz-als.yaml', gateway: 'plain' };
const OPEN = { ...WIRED, isOpen: true };
/** Of 10^8: 1.25, 0.125 and 10 for a million tokens are whole in it. */
const money = (hundredMillionths: number) => (hundredMillionths / 1e8).toFixed(8);

let wiring: Wiring;
let url: string;
beforeAll(async () => {
  wiring = await Wiring.start();
  url = await wiring.envoy(WIRED);
});
afterAll(() => wiring.stop());
beforeEach(() => wiring.upstream.forget());

interface Client {
  readonly account: string;
  call(asked?: Asked, at?: string): ReturnType<typeof callModel>;
  open(asked?: Asked, at?: string): Promise<Response>;
  /** What is held for such a call. */
  estimate(asked?: Asked): string;
}

async function client(limit: string): Promise<Client> {
  const user = randomUUID();
  await wiring.ledger.setBudget(`user:${user}`, limit);
  const whole = (asked: Asked): Asked => ({
    ...asked,
    headers: { 'x-user': user, ...asked.headers },
    body: { max_tokens: 100, ...asked.body },
  });
  return {
    account: `user:${user}`,
    call: (asked = {}, at = url) => callModel(at, whole(asked)),
    open: (asked = {}, at = url) => openCall(at, whole(asked)),
    estimate: (asked = {}) => {
      const { model = 'gpt-5', wanted, body } = whole(asked);
      return trimmed(JSON.stringify({ model, _: wanted, ...body }).length * 125 + 100_000);
    },
  };
}

const trimmed = (hundredMillionths: number) => money(hundredMillionths).replace(/0+$/, '');

describe('a budget', () => {
  it('refuses a call before its upstream gets a byte', async () => {
    const { call, account } = await client('0.0001');
    const { status, headers, text } = await call();
    expect(status).toBe(429);
    expect(JSON.parse(text).error).toMatchObject({
      code: 'budget_exceeded',
      type: 'insufficient_quota',
    });
    expect(headers.get('x-should-retry')).toBe('false');
    expect(wiring.upstream.calls).toEqual([]);
    await wiring.ledger.hasSpent(account, '0.00');
  });

  it('is never passed by calls at the same time', async () => {
    const wanted: Wanted = { holdAfter: 0, input: 100, output: 100 };
    const { call, account, estimate } = await client('0.007');
    const most = Math.floor(0.007 / Number(estimate({ wanted })));
    let refused = 0;
    const calls = Array.from({ length: 60 }, () =>
      call({ wanted }).then(({ status }) => {
        if (status === 429) refused += 1;
        return status;
      }),
    );
    await wiring.upstream.holds(most);
    await waitUntil('the others are refused', () => refused === 60 - most);
    const held = Number(await wiring.ledger.held(account));
    expect(held).toBeLessThanOrEqual(0.007);
    wiring.upstream.resume();
    const answers = await Promise.all(calls);
    expect(answers.filter((status) => status === 200)).toHaveLength(most);
    expect(wiring.upstream.calls).toHaveLength(most);
    await wiring.ledger.hasSpent(account, trimmed(most * (100 * 125 + 100 * 1000)));
  });
});

describe('an answer', () => {
  const DIALECTS: Wanted[] = [
    { input: 1234, output: 567 },
    { input: 1234, output: 567, cached: 1000, reasoning: 500 },
    { input: 1234, output: 567, cached: 1000, dialect: 'responses' },
    { input: 1, output: 1, model: 'gpt-5-mini-2026' },
  ];
  const costOf = ({ input = 0, output = 0, cached = 0, model }: Wanted) =>
    model === undefined
      ? (input - cached) * 125 + cached * 12.5 + output * 1000
      : input * 25 + output * 200;

  it.each([false, true])('costs its usage to the last digit; a stream: %s', async (stream) => {
    const { call, account } = await client('10');
    const body = { stream, ...(stream && { stream_options: { include_usage: true } }) };
    for (const wanted of DIALECTS) {
      const { status, headers } = await call({ wanted, body });
      expect([status, headers.get('x-spend-remaining')]).toEqual([200, expect.any(String)]);
    }
    await wiring.ledger.hasSpent(
      account,
      trimmed(DIALECTS.reduce((sum, each) => sum + costOf(each), 0)),
    );
  });

  it.each([false, true])(
    'of Anthropic has the cache beside its input; a stream: %s',
    async (stream) => {
      const { call, account } = await client('10');
      const wanted: Wanted = {
        input: 1000,
        output: 10,
        cached: 600,
        written: 300,
        dialect: 'anthropic',
      };
      await call({ model: 'claude-x', wanted, body: { stream } });
      await wiring.ledger.hasSpent(account, trimmed(100 * 300 + 600 * 30 + 300 * 375 + 10 * 1500));
    },
  );

  it('is asked for without compression, so that its usage can be read', async () => {
    const { call, account } = await client('10');
    const headers = { 'accept-encoding': 'gzip' };
    await call({ headers });
    expect(wiring.upstream.calls[0]!.headers).not.toHaveProperty('accept-encoding');
    await wiring.ledger.hasSpent(account, COST);
  });

  it('of a call whose body Envoy has cut is charged as any other', async () => {
    const { call, account } = await client('10');
    const { status } = await call({ body: { messages: ['x'.repeat(3 * 1024 * 1024)] } });
    expect(status).toBe(200);
    await wiring.ledger.hasSpent(account, COST);
  });

  it('brings the hold’s id to the upstream in place of one that its client made up', async () => {
    const { call, account } = await client('10');
    const forged = {
      'x-spend-hold-id': 'forged',
      'x-spend-gateway': 'check',
      'x-request-id': 'mine',
    };
    await call({ headers: forged });
    const [{ headers }] = wiring.upstream.calls as [(typeof wiring.upstream.calls)[0]];
    expect(headers['x-spend-hold-id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(headers).not.toHaveProperty('x-spend-gateway');
    await wiring.ledger.hasSpent(account, COST);
  });
});

describe('a call that breaks off', () => {
  it('is charged its estimate where its client leaves', async () => {
    const { open, account, estimate } = await client('10');
    const wanted: Wanted = { chunks: 5, holdAfter: 2 };
    const asked = { wanted, body: { stream: true } };
    const leaving = new AbortController();
    const response = await open({ ...asked, signal: leaving.signal });
    await response.body!.getReader().read();
    await wiring.upstream.holds(1);
    leaving.abort();
    await waitUntil('the upstream is cut', () => wiring.upstream.calls[0]!.isCut);
    wiring.upstream.resume();
    await wiring.ledger.hasSpent(account, estimate(asked));
  });

  it('is charged its estimate where the upstream breaks', async () => {
    const { call, account, estimate } = await client('10');
    const asked = { wanted: { chunks: 5, cutAfter: 2 }, body: { stream: true } };
    await expect(call(asked)).rejects.toThrow();
    await wiring.ledger.hasSpent(account, estimate(asked));
  });

  it('costs nothing where the upstream fails', async () => {
    const { call, account } = await client('10');
    expect((await call({ wanted: { status: 500 } })).status).toBe(500);
    await wiring.ledger.hasSpent(account, '0.00');
  });
});

describe('a ledger that is away', () => {
  it('lets nothing through, or what its gateway lets through, and records that when it is back', async () => {
    const [closed, open] = [await client('10'), await client('10')];
    const openUrl = await wiring.envoy(OPEN);
    await wiring.ledger.end();
    expect((await closed.call()).status).toBe(503);
    expect(wiring.upstream.calls).toEqual([]);
    expect((await open.call({}, openUrl)).status).toBe(200);
    expect((await open.call({}, openUrl)).status).toBe(200);
    await wiring.ledger.restart();
    await wiring.ledger.hasSpent(open.account, '0.000125');
    await wiring.ledger.hasSpent(closed.account, '0.00');
  });

  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'hears of a call that ended meanwhile; it left by %s',
    async (signal) => {
      const { call, account } = await client('10');
      const calling = call({ wanted: { holdAfter: 0 } });
      await wiring.upstream.holds(1);
      await wiring.ledger.end(signal);
      wiring.upstream.resume();
      expect((await calling).status).toBe(200);
      await wiring.ledger.restart();
      await wiring.ledger.hasSpent(account, COST);
    },
  );

  it('hangs, and holds nothing for calls that nobody waits for', async () => {
    const { call, account } = await client('10');
    const short = await wiring.envoy({ ...WIRED, timeoutMs: 2_000 });
    expect((await call({}, short)).status).toBe(200);
    wiring.ledger.signal('SIGSTOP');
    wiring.upstream.forget();
    const calls = await Promise.all(Array.from({ length: 5 }, () => call({}, short)));
    wiring.ledger.signal('SIGCONT');
    expect(calls.map(({ status }) => status)).toEqual([503, 503, 503, 503, 503]);
    expect(wiring.upstream.calls).toEqual([]);
    await wiring.ledger.hasSpent(account, COST);
  });
});
