import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { waitUntil } from '#libs/testing';
import { ApiDocument } from '../e2e/support/api-document';
import { expectProblem } from '../e2e/support/expect-problem';
import { GuardedLedger, MODEL } from './support/guarded-ledger';
import { GATEWAYS, ProxyClient, TRAEFIK, type Headers } from './support/proxy-client';

const API = new ApiDocument();

describe('forward-auth', () => {
  let ledger: GuardedLedger;
  let proxy: ProxyClient;

  beforeAll(async () => {
    ledger = await GuardedLedger.start(GATEWAYS);
    proxy = new ProxyClient(ledger);
  });
  afterAll(() => ledger.stop());

  it('holds for a call as Traefik asks about it', async () => {
    const user = await ledger.userWith('traefik', '10');
    const { status, headers, body } = await proxy.ask('plain', { 'x-user': user });
    expect({ status, body }).toEqual({ status: 200, body: undefined });
    expect(headers.get('x-spend-remaining')).toBe('10.00');
    expect(await ledger.balanceOf(user)).toMatchObject({ held: '3.00' });
  });

  it('holds by the length of a body that stays with the proxy, and by one that it passes on', async () => {
    const user = await ledger.userWith('bodies', '1000000');
    const heldFor = async (headers: Headers, body?: string) => {
      const answer = await proxy.ask('plain', { 'x-user': user, ...headers }, body);
      const hold = await ledger.operator.get(
        `/v1/holds/${String(answer.headers.get('x-spend-hold-id'))}`,
      );
      return hold.body.amount as string;
    };
    const said = { 'x-model': MODEL, 'x-original-content-length': '1000' };
    expect(await heldFor(said)).toBe(`${1000 + 2 * 4096}.00`);
    const body = JSON.stringify({ model: MODEL, max_tokens: 7, n: 2 });
    expect(await heldFor({}, body)).toBe(`${body.length + 2 * 2 * 7}.00`);
    expect(await heldFor({ 'x-original-content-length': '900' }, body.slice(0, -2))).toBe(
      `${900 + 2 * 7}.00`,
    );
  });

  it.each<[string, number, Headers]>([
    ['plain', 429, {}],
    ['pay', 402, {}],
    ['nginx', 403, { 'x-spend-status': '429', 'x-spend-reason': 'budget_exceeded' }],
  ])('refuses by the rules of %s: %i', async (gateway, status, headers) => {
    const user = await ledger.userWith(`refused-${gateway}`, '1');
    const answer = await proxy.ask(gateway, { 'x-user': user });
    expect(answer.status).toBe(status);
    expect(API.faultsOf('GET /v1/forward-auth/{gateway}', answer)).toEqual([]);
    const said = Object.fromEntries(answer.headers);
    expect(said).toMatchObject({
      'content-type': 'application/json',
      'x-should-retry': 'false',
      'x-spend-blocked-by': user,
      'x-spend-remaining': '1.00',
      'x-spend-decision-id': expect.stringMatching(/^[\da-f-]{36}$/),
      ...headers,
    });
    expect(answer.body.error).toMatchObject({
      type: 'insufficient_quota',
      param: null,
      code: 'budget_exceeded',
      message: expect.stringContaining('Budget has been exceeded! User='),
    });
  });

  it.each<[number, string, string, Headers]>([
    [403, 'scope_unknown', 'plain', {}],
    [400, 'invalid', 'plain', { 'x-user': `sk-${'a'.repeat(24)}` }],
    [400, 'model_unknown', 'strict', { 'x-user': 'alice', 'x-model': 'nobody-knows-it' }],
  ])('answers %i %s', async (status, code, gateway, headers) => {
    const answer = await proxy.ask(gateway, headers);
    expect(answer).toMatchObject({ status, body: { error: { code } } });
    expect(JSON.stringify(answer.body)).not.toContain('sk-a');
    expect(API.faultsOf('GET /v1/forward-auth/{gateway}', answer)).toEqual([]);
  });

  it('takes nothing for free calls, and believes only the proxy which those are', async () => {
    const user = await ledger.userWith('free', '0');
    const free = { 'x-user': user, 'x-forwarded-uri': '/v1/models?all=1' };
    const { status, headers } = await proxy.ask('plain', free);
    expect([status, headers.get('x-spend-hold-id')]).toEqual([200, null]);
    const forged = { 'x-original-method': 'GET', 'x-original-uri': '/v1/models' };
    expect((await proxy.ask('plain', { 'x-user': user, ...forged })).status).toBe(429);
    const silent = { 'x-forwarded-method': '', 'x-forwarded-uri': '' };
    expect((await proxy.ask('plain', { 'x-user': user, ...silent })).status).toBe(429);
  });

  it('takes nothing where it only looks', async () => {
    const user = await ledger.userWith('looking', '10');
    const { status, headers } = await proxy.ask('looking', { 'x-user': user });
    expect([status, headers.get('x-spend-hold-id')]).toEqual([200, null]);
    expect(await ledger.balanceOf(user)).toMatchObject({ held: '0.00' });
  });

  it('knows no gateway that is not in the file, whatever a header says', async () => {
    const answer = await proxy.ask('nobody', { 'x-user': 'alice', 'x-spend-gateway': 'plain' });
    expectProblem(answer, 404, 'gateway_unknown', []);
  });

  it('says which role a credential lacks', async () => {
    const token = await ledger.keepToken('recorder', 'record');
    const answer = await proxy.ask('plain', { 'x-spend-authorization': `Bearer ${token}` });
    expectProblem(answer, 403, 'forbidden', []);
    expect(answer.body.detail).toBe('recorder lacks the role check.');
  });

  it('takes no credential of its own for a key of a client', async () => {
    const user = await ledger.userWith('own-credential', '10');
    const authorization = `Bearer ${ledger.token}`;
    const holdId = await new ProxyClient(ledger, { authorization }).admitted('plain', user);
    const { body } = await ledger.operator.get(`/v1/holds/${holdId}`);
    expect(body.scope).toEqual({ type: 'user', userId: user });
  });

  it('sets free what it held for a proxy that went away', async () => {
    const user = await ledger.userWith('gone', '3');
    const { hostname, port } = new URL(ledger.process.httpUrl);
    for (let n = 0; n < 10; n++) {
      const socket = connect(Number(port), hostname);
      await once(socket, 'connect');
      const head = { host: 'ledger', 'x-user': user, ...TRAEFIK, ...proxy.credential };
      const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}\r\n`);
      socket.end(`GET /v1/forward-auth/plain HTTP/1.1\r\n${lines.join('')}\r\n`);
      socket.destroySoon();
      await once(socket, 'close');
    }
    // The budget has room for one hold alone.
    const passes = async () => (await proxy.ask('plain', { 'x-user': user })).status === 200;
    await waitUntil('a call passes again', passes);
  });
});

it('takes a client’s authorization for one where no credential is needed', async () => {
  const ledger = await GuardedLedger.start(GATEWAYS, { isOpen: true });
  const user = await ledger.userWith('open', '10');
  const proxy = new ProxyClient(ledger, { authorization: 'Bearer a-key-of-a-client' });
  const holdId = await proxy.admitted('plain', user);
  const { body } = await ledger.operator.get(`/v1/holds/${holdId}`);
  expect(body.scope.keyId).toBe(createHash('sha256').update('a-key-of-a-client').digest('hex'));
  expect((await proxy.reportInHeaders({ 'x-spend-hold-id': holdId })).status).toBe(200);
  await ledger.stop();
});
