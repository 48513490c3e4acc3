/** @needs envoy */
import { randomUUID } from 'node:crypto';
import type { Wanted } from './support/upstream-answers';
import { callModel, Wiring, type Asked } from './support/wiring';

let wiring: Wiring;
beforeAll(async () => {
  wiring = await Wiring.start();
});
beforeEach(() => wiring.upstream.forget());
afterAll(() => wiring.stop());

const CLAUDE = '/v1/messages';
const ANSWERS: readonly [what: string, asked: Asked, amount: string][] = [
  ['a chat', { wanted: { input: 1000, output: 10 } }, '0.00135'],
  [
    'a cached one that reasons',
    { wanted: { input: 1000, cached: 400, output: 10, reasoning: 8 } },
    '0.0009',
  ],
  [
    'one of which a model of another price was asked',
    { wanted: { model: 'gpt-5-mini-2026', input: 3, output: 1 } },
    '0.00000275',
  ],
  [
    'a stream',
    { body: { stream: true }, wanted: { input: 1001, output: 7, chunks: 40 } },
    '0.00132125',
  ],
  [
    'a stream that its client asks for its usage',
    {
      body: { stream: true, stream_options: { include_usage: true } },
      wanted: { input: 1, output: 1 },
    },
    '0.00001125',
  ],
  [
    'a message of Anthropic’s',
    {
      model: 'claude-x',
      path: CLAUDE,
      wanted: { dialect: 'anthropic', input: 1000, cached: 100, written: 200, output: 10 },
    },
    '0.00303',
  ],
  [
    'a stream of Anthropic’s',
    {
      model: 'claude-x',
      path: CLAUDE,
      body: { stream: true },
      wanted: { dialect: 'anthropic', input: 1000, cached: 100, written: 200, output: 10 },
    },
    '0.00303',
  ],
  [
    'a response',
    { path: '/v1/responses', wanted: { dialect: 'responses', input: 11, output: 3 } },
    '0.00004375',
  ],
  [
    'a stream of a response',
    {
      path: '/v1/responses',
      body: { stream: true },
      wanted: { dialect: 'responses', input: 11, output: 3 },
    },
    '0.00004375',
  ],
  [
    '3 MiB in both directions',
    {
      body: { messages: ['y'.repeat(3 << 20)] },
      wanted: { input: 1000, output: 10, padding: 3 << 20 },
    },
    '0.00135',
  ],
];

describe.each(['envoy-extproc.yaml', 'envoy-extproc-als.yaml'])('%s', (file) => {
  const wired = { file, gateway: 'extproc' };
  const call = async (user: string, asked: Asked) =>
    callModel(await wiring.envoy(wired), {
      ...asked,
      headers: { 'x-user': user, ...asked.headers },
      body: { max_tokens: 100, ...asked.body },
    });

  it.each(ANSWERS)('charges %s to the last digit', async (_what, asked, amount) => {
    const user = randomUUID();
    const answer = await call(user, asked);
    expect(answer.status).toBe(200);
    await wiring.ledger.hasSpent(`user:${user}`, amount);
  });

  it('adds up many calls at once', async () => {
    const user = randomUUID();
    const wanted = (n: number): Wanted => ({ input: 1000 + n, output: n });
    await Promise.all(
      Array.from({ length: 40 }, (_, n) =>
        call(user, { body: { stream: n % 2 === 0 }, wanted: wanted(n) }),
      ),
    );
    // 40 × 1000 + 780 tokens of input, and 780 of output.
    await wiring.ledger.hasSpent(`user:${user}`, '0.058775');
  });

  it.each<[string, Wanted]>([
    ['says no usage', { isMute: true }],
    ['is compressed', { isGzipped: true }],
  ])('charges what was held for an answer that %s', async (_what, wanted) => {
    const user = randomUUID();
    const held = await heldDuring(user, () => call(user, { wanted: { ...wanted, holdAfter: 0 } }));
    expect(Number(held)).toBeGreaterThan(0.001);
    await wiring.ledger.hasSpent(`user:${user}`, held);
  });

  it.each([500, 429])('releases what was held for an error of the upstream: %d', async (status) => {
    const user = randomUUID();
    expect((await call(user, { wanted: { status } })).status).toBe(status);
    await wiring.ledger.hasSpent(`user:${user}`, '0');
  });

  it('gives the upstream the hold, and nothing that a client says in its place', async () => {
    const user = randomUUID();
    const own = {
      'x-spend-hold-id': 'mine',
      'x-spend-gateway': 'check',
      'x-spend-decision-id': 'd',
    };
    await call(user, { headers: own });
    const { headers } = wiring.upstream.calls[0]!;
    expect(Object.keys(headers).filter((name) => name.startsWith('x-spend-'))).toEqual([
      'x-spend-hold-id',
    ]);
    const holds = await wiring.ledger.http.get(`/v1/holds?account=user:${user}`);
    expect(JSON.stringify(holds.body)).toContain(headers['x-spend-hold-id']);
  });

  it('asks a stream for its usage, and leaves the rest of the body as it was', async () => {
    const body = { stream: true, seed: 7, stream_options: undefined, text: 'é' };
    await call(randomUUID(), { body });
    expect(wiring.upstream.calls[0]!.body).toEqual({
      model: 'gpt-5',
      max_tokens: 100,
      stream: true,
      seed: 7,
      text: 'é',
      stream_options: { include_usage: true },
    });
  });

  it('does not ask what costs nothing', async () => {
    const url = await wiring.envoy(wired);
    const answer = await fetch(`${url}/v1/models`);
    await answer.arrayBuffer();
    expect(answer.headers.has('x-spend-remaining')).toBe(false);
    expect(wiring.upstream.calls).toHaveLength(1);
  });
});

describe('the chunk that says the usage', () => {
  it.each([
    ['envoy-extproc.yaml', false, undefined],
    ['envoy-extproc.yaml', true, { include_usage: true }],
    // Who only admits does not see the answer.
    ['envoy-extproc-als.yaml', true, undefined],
  ])('%s: reaches the client: %s', async (file, isSeen, stream_options) => {
    const url = await wiring.envoy({ file, gateway: 'extproc' });
    const answer = await callModel(url, {
      headers: { 'x-user': randomUUID() },
      body: { stream: true, max_tokens: 10, ...(stream_options && { stream_options }) },
      wanted: { chunks: 3 },
    });
    const events = answer.text.split('\n\n').filter(Boolean);
    expect(events).toHaveLength(isSeen ? 5 : 4);
    expect(answer.text.includes('"choices":[]')).toBe(isSeen);
    expect(events.at(-1)).toBe('data: [DONE]');
  });
});

/** What is held for a user while the upstream waits with its answer. */
async function heldDuring(user: string, call: () => Promise<unknown>): Promise<string> {
  const under = call();
  await wiring.upstream.holds(1);
  const held = await wiring.ledger.held(`user:${user}`);
  wiring.upstream.resume();
  await under;
  return held;
}
