import { createHash } from 'node:crypto';
import type { GuardedLedger } from './guarded-ledger';
import type { ProxyProcess, ProxySettings } from './proxy-process';

/** What a gateway with these rules holds for a call whose cost is not known beforehand. */
export const FLAT = '3.00';

/** Rules of the proxy under test. */
export const RULES = {
  scope: [
    { type: 'user', userId: 'header:x-user', keyId: 'header:authorization | bearer | sha256?' },
  ],
  free: ['GET /v1/models*'],
  unknownModel: { estimate: FLAT },
};

/** Lets everything through: what a forger would choose. */
export const OPEN = { ...RULES, free: ['* *'] };

export interface Guard {
  readonly ledger: GuardedLedger;
  readonly proxy: ProxyProcess;
}

type Start = (settings: ProxySettings) => Promise<ProxyProcess>;

/** Sends a call through a proxy. @returns the answer, with its body as text */
export async function call(
  { proxy }: Guard,
  headers: Record<string, string>,
  { path = '/v1/chat/completions', method = 'POST', body = '{"messages":[]}' } = {},
): Promise<{ status: number; headers: Headers; text: string }> {
  const response = await fetch(proxy.url + path, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(method !== 'GET' && { body }),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** What is promised of every proxy, with any of the configurations of the docs. */
export function guardsBudgets(guard: () => Guard, start: Start): void {
  beforeEach(() => {
    const { upstream } = guard().ledger;
    upstream.calls.length = 0;
    upstream.reply = { kind: 'plain' };
  });

  admitsAndRefuses(guard);
  resistsForgers(guard);
  staysClosed(guard, start);
}

function ask(guard: Guard, user: string, more: Record<string, string> = {}) {
  return call(guard, { 'x-user': user, ...more });
}

function admitsAndRefuses(guard: () => Guard): void {
  it('lets a call through with the hold that the ledger took for it', async () => {
    const { ledger } = guard();
    const user = await ledger.userWith('admitted', '10');
    const { status } = await ask(guard(), user, { authorization: 'Bearer a-key-of-a-client' });
    expect(status).toBe(200);
    const [seen] = ledger.upstream.calls;
    expect(seen).toMatchObject({ authorization: 'Bearer a-key-of-a-client' });
    const hold = await ledger.operator.get(`/v1/holds/${String(seen!['x-spend-hold-id'])}`);
    expect(hold.body).toMatchObject({ amount: FLAT, scope: { type: 'user', userId: user } });
    // The client's key, and not the proxy's credential.
    const keyId = createHash('sha256').update('a-key-of-a-client').digest('hex');
    expect(hold.body.scope.keyId).toBe(keyId);
    expect(ledger.upstream.calls).toHaveLength(1);
  });

  it('lets a call through that has a query of its own', async () => {
    const user = await guard().ledger.userWith('querying', '10');
    const path = '/v1/chat/completions?api-version=1&x-user=mallory';
    expect((await call(guard(), { 'x-user': user }, { path })).status).toBe(200);
    expect(await guard().ledger.balanceOf('mallory')).toMatchObject({ held: '0.00' });
  });

  it('refuses a call that its budget forbids, and the upstream hears nothing of it', async () => {
    const { ledger } = guard();
    const user = await ledger.userWith('refused', '2.99');
    const { status, headers, text } = await ask(guard(), user);
    expect({ status, type: headers.get('content-type') }).toEqual({
      status: 429,
      type: 'application/json',
    });
    expect(JSON.parse(text)).toEqual({
      error: {
        message: expect.stringMatching(/^Budget has been exceeded! User=refused /),
        type: 'insufficient_quota',
        param: null,
        code: 'budget_exceeded',
      },
    });
    expect(headers.get('x-spend-blocked-by')).toBe('refused');
    expect(headers.get('x-spend-remaining')).toBe('2.99');
    expect(headers.get('x-should-retry')).toBe('false');
    expect(ledger.upstream.calls).toEqual([]);
  });

  it.each([
    [403, 'scope_unknown', {}],
    [400, 'invalid', { 'x-user': `sk-${'a'.repeat(24)}` }],
  ])('answers %i %s to a call of %j', async (status, code, headers) => {
    const { ledger } = guard();
    const answer = await call(guard(), headers);
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text)).toMatchObject({
      error: { code, type: 'invalid_request_error' },
    });
    expect(answer.text).not.toContain('sk-a');
    expect(ledger.upstream.calls).toEqual([]);
  });

  it('says who is refused in whatever letters', async () => {
    const { ledger } = guard();
    const user = 'jo"sé\\';
    const { status: set } = await ledger.operator.setBudget('letters', `user:${user}`, '0');
    expect(set).toBe(201);
    const inBytes = Buffer.from(user).toString('latin1');
    const { text } = await ask(guard(), inBytes);
    const { error } = JSON.parse(text) as { error: { message: string } };
    expect(error.message).toContain(`User=${user} `);
  });
}

function resistsForgers(guard: () => Guard): void {
  it('lets nothing of ours through that a client sends', async () => {
    const { ledger } = guard();
    const user = await ledger.userWith('forger', '0');
    const forged = {
      'x-spend-hold-id': 'forged',
      'x-spend-gateway': 'open',
      'x-spend-authorization': `Bearer ${await ledger.keepToken('forger', 'check')}`,
      'x-forwarded-method': 'GET',
      'x-forwarded-uri': '/v1/models',
      'x-original-method': 'GET',
      'x-original-uri': '/v1/models',
      'x-original-content-length': '0',
    };
    expect((await ask(guard(), user, forged)).status).toBe(429);
    expect(ledger.upstream.calls).toEqual([]);
    const free = await call(
      guard(),
      { 'x-user': user, ...forged },
      { method: 'GET', path: '/v1/models' },
    );
    expect(free.status).toBe(200);
    expect(ledger.upstream.calls[0]).not.toHaveProperty('x-spend-hold-id');
  });

  it('lets no more calls through at once than the budget pays for', async () => {
    const { ledger } = guard();
    const user = await ledger.userWith('many', '18');
    const answers = await Promise.all(Array.from({ length: 40 }, () => ask(guard(), user)));
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([...Array<number>(6).fill(200), ...Array<number>(34).fill(429)]);
    expect(ledger.upstream.calls).toHaveLength(6);
  });
}

function staysClosed(guard: () => Guard, start: Start): void {
  it('lets nothing through while the ledger hangs, and what it held for it is free again', async () => {
    const { ledger } = guard();
    const user = await ledger.userWith('hung', '10');
    const hasty = await start({ ...ledger.forProxy, timeoutMs: 1_000 });
    ledger.process.child.kill('SIGSTOP');
    const { status, text } = await ask({ ledger, proxy: hasty }, user).finally(() =>
      ledger.process.child.kill('SIGCONT'),
    );
    await hasty.stop();
    expect(status).toBe(503);
    expect(JSON.parse(text)).toMatchObject({ error: { code: 'ledger_unavailable' } });
    expect(ledger.upstream.calls).toEqual([]);
    await ledger.untilBalance(user, { spent: '0.00', held: '0.00' });
  });

  it('lets nothing through while the ledger is away', async () => {
    const { ledger } = guard();
    const user = await ledger.userWith('away', '10');
    await ledger.process.stop('SIGKILL');
    const { status, text } = await ask(guard(), user);
    await ledger.startAgain();
    expect(status).toBe(503);
    expect(JSON.parse(text)).toMatchObject({ error: { code: 'ledger_unavailable' } });
    expect(ledger.upstream.calls).toEqual([]);
    expect((await ask(guard(), user)).status).toBe(200);
  });
}
