/** @needs envoy */
import { randomUUID } from 'node:crypto';
import { waitUntil } from '#libs/testing';
import { callModel, openCall, Wiring, type Asked } from './support/wiring';

let wiring: Wiring;
beforeAll(async () => {
  wiring = await Wiring.start();
});
beforeEach(() => wiring.upstream.forget());
afterAll(() => wiring.stop());

const FILES = ['envoy-extproc.yaml', 'envoy-extproc-als.yaml'] as const;
const STREAM = { stream: true, max_tokens: 100 };

const askOf = (user: string, wanted: Asked['wanted'] = {}): Asked => ({
  headers: { 'x-user': user },
  body: STREAM,
  wanted,
});

/** Starts a stream that stops in its middle, and reads as far as it goes. @returns what is held for it, and its rest */
async function halfway(url: string, user: string, wanted: Asked['wanted'] = {}) {
  const leaving = new AbortController();
  const asked = askOf(user, { chunks: 6, holdAfter: 3, input: 1000, output: 10, ...wanted });
  const response = await openCall(url, { ...asked, signal: leaving.signal });
  await wiring.upstream.holds(1);
  const held = await wiring.ledger.held(`user:${user}`);
  return { held, leave: () => leaving.abort(), rest: response.text() };
}

describe.each(FILES)('%s', (file) => {
  const wired = { file, gateway: 'extproc' };

  it('charges what was held for a client that leaves', async () => {
    const user = randomUUID();
    const { held, leave, rest } = await halfway(await wiring.envoy(wired), user);
    leave();
    await expect(rest).rejects.toThrow();
    await wiring.ledger.hasSpent(`user:${user}`, held);
    wiring.upstream.resume();
  });

  it('charges what was held for an upstream that breaks off', async () => {
    const user = randomUUID();
    const { held, rest } = await halfway(await wiring.envoy(wired), user, { cutAfter: 4 });
    wiring.upstream.resume();
    await expect(rest).rejects.toThrow();
    await wiring.ledger.hasSpent(`user:${user}`, held);
  });

  it('says 503 while the ledger is away, and lets calls through where it is open', async () => {
    const user = randomUUID();
    const [closed, open] = await Promise.all([
      wiring.envoy(wired),
      wiring.envoy({ ...wired, isOpen: true }),
    ]);
    await wiring.ledger.end();
    expect((await callModel(closed, askOf(user))).status).toBe(503);
    expect(wiring.upstream.calls).toEqual([]);
    expect((await callModel(open, askOf(user))).status).toBe(200);
    expect(wiring.upstream.calls).toHaveLength(1);
    await wiring.ledger.restart();
    await waitUntil(
      'calls pass again',
      async () => (await callModel(closed, askOf(user))).status === 200,
    );
  });

  it('does not wait for a ledger that hangs, and holds nothing for a call that it never answered', async () => {
    const user = randomUUID();
    const closed = await wiring.envoy({ ...wired, timeoutMs: 1_000 });
    const open = await wiring.envoy({ ...wired, timeoutMs: 1_000, isOpen: true });
    // Both are connected before.
    for (const url of [closed, open])
      expect((await callModel(url, askOf(randomUUID()))).status).toBe(200);
    wiring.upstream.forget();
    wiring.ledger.signal('SIGSTOP');
    try {
      expect((await callModel(closed, askOf(user))).status).toBeGreaterThanOrEqual(503);
      expect(wiring.upstream.calls).toEqual([]);
      expect((await callModel(open, askOf(user))).status).toBe(200);
    } finally {
      wiring.ledger.signal('SIGCONT');
    }
    await wiring.ledger.hasSpent(`user:${user}`, '0');
  });
});

describe('a ledger that is killed in the middle of an answer', () => {
  it('cuts the answer of a closed gateway that settles itself', async () => {
    const user = randomUUID();
    const url = await wiring.envoy({ file: 'envoy-extproc.yaml', gateway: 'extproc' });
    const { held, rest } = await halfway(url, user);
    await wiring.ledger.end('SIGKILL');
    wiring.upstream.resume();
    await expect(rest).rejects.toThrow();
    await wiring.ledger.restart();
    expect(await wiring.ledger.held(`user:${user}`)).toBe(held);
  });

  it('does not cut the answer of an open one', async () => {
    const user = randomUUID();
    const url = await wiring.envoy({
      file: 'envoy-extproc.yaml',
      gateway: 'extproc',
      isOpen: true,
    });
    const { held, rest } = await halfway(url, user);
    await wiring.ledger.end('SIGKILL');
    wiring.upstream.resume();
    expect(await rest).toContain('[DONE]');
    await wiring.ledger.restart();
    expect(await wiring.ledger.held(`user:${user}`)).toBe(held);
  });

  it('gets the report of the access log after its return', async () => {
    const user = randomUUID();
    const url = await wiring.envoy({ file: 'envoy-extproc-als.yaml', gateway: 'extproc' });
    const { rest } = await halfway(url, user);
    await wiring.ledger.end('SIGKILL');
    wiring.upstream.resume();
    expect(await rest).toContain('[DONE]');
    await wiring.ledger.restart();
    await wiring.ledger.hasSpent(`user:${user}`, '0.00135');
  });
});

describe('a ledger that stops in the middle of an answer', () => {
  it('charges what was held, and the answer goes on', async () => {
    const user = randomUUID();
    const url = await wiring.envoy({ file: 'envoy-extproc.yaml', gateway: 'extproc' });
    const { held, rest } = await halfway(url, user);
    await wiring.ledger.end();
    wiring.upstream.resume();
    expect(await rest).toContain('[DONE]');
    await wiring.ledger.restart();
    await wiring.ledger.hasSpent(`user:${user}`, held);
  });
});

it('charges what was held when Envoy is killed', async () => {
  const user = randomUUID();
  const wired = { file: 'envoy-extproc.yaml', gateway: 'extproc', timeoutMs: 15_000 };
  const { held, rest } = await halfway(await wiring.envoy(wired), user);
  await wiring.kill(wired);
  await expect(rest).rejects.toThrow();
  await wiring.ledger.hasSpent(`user:${user}`, held);
  wiring.upstream.resume();
});
