import { once } from 'node:events';
import { connect } from 'node:net';
import type { Answer } from '#libs/testing';
import { ApiDocument } from '../e2e/support/api-document';
import { expectProblem } from '../e2e/support/expect-problem';
import { GuardedLedger, MODEL } from './support/guarded-ledger';

jest.setTimeout(120_000);

const API = new ApiDocument();
const PLAIN = {
  scope: [{ type: 'user', userId: 'header:x-user' }],
  free: ['GET *', '* /v1/models*'],
  model: ['header:x-model', 'body:model'],
  unknownModel: { estimate: '3.00' },
};
const GATEWAYS = {
  plain: PLAIN,
  nginx: { ...PLAIN, style: 'nginx' },
  pay: { ...PLAIN, deny: { status: 402 } },
  strict: { ...PLAIN, unknownModel: 'refuse' },
  looking: { ...PLAIN, mode: 'check' },
  asking: {
    ...PLAIN,
    onMissingUsage: 'unknown',
    onUpstreamError: 'settle',
    onInterrupted: 'release',
  },
};
/** As Traefik sends them, of https://doc.traefik.io/traefik/middlewares/http/forwardauth/. */
const TRAEFIK = {
  'x-forwarded-method': 'POST',
  'x-forwarded-proto': 'https',
  'x-forwarded-host': 'llm.example.com',
  'x-forwarded-uri': '/v1/chat/completions',
  'x-forwarded-for': '203.0.113.7',
};
type Headers = Record<string, string>;

describe('door 3', () => {
  let ledger: GuardedLedger;

  beforeAll(async () => {
    ledger = await GuardedLedger.start(GATEWAYS);
  });
  afterAll(() => ledger.stop());

  async function send(method: string, path: string, headers: Headers, body?: string) {
    const url = ledger.process.httpUrl + path;
    const response = await fetch(url, { method, headers, ...(body !== undefined && { body }) });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text === '' ? undefined : (JSON.parse(text) as Answer['body']),
    };
  }

  const credential = () => ({ 'x-spend-authorization': `Bearer ${ledger.token}` });
  const ask = (gateway: string, headers: Headers, body?: string) =>
    send(
      body === undefined ? 'GET' : 'POST',
      `/v1/forward-auth/${gateway}`,
      { ...TRAEFIK, ...credential(), ...headers },
      body,
    );
  const report = (body: object) =>
    send(
      'POST',
      '/v1/reports',
      { ...credential(), 'content-type': 'application/json' },
      JSON.stringify({ gateway: 'plain', ...body }),
    );
  const reportInHeaders = (headers: Headers) =>
    send('POST', '/v1/reports', { ...credential(), 'x-spend-gateway': 'plain', ...headers });

  /** @returns the hold of a call that is let through */
  async function admitted(gateway: string, user: string): Promise<string> {
    const { status, headers } = await ask(gateway, { 'x-user': user });
    expect(status).toBe(200);
    return headers.get('x-spend-hold-id')!;
  }

  describe('forward-auth', () => {
    it('holds for a call as Traefik asks about it', async () => {
      const user = await ledger.userWith('traefik', '10');
      const { status, headers, body } = await ask('plain', { 'x-user': user });
      expect({ status, body }).toEqual({ status: 200, body: undefined });
      expect(headers.get('x-spend-remaining')).toBe('10.00');
      expect(await ledger.balanceOf(user)).toMatchObject({ held: '3.00' });
    });

    it('holds by the length of a body that stays with the proxy, and by one that it passes on', async () => {
      const user = await ledger.userWith('bodies', '1000000');
      const heldFor = async (headers: Headers, body?: string) => {
        const answer = await ask('plain', { 'x-user': user, ...headers }, body);
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
      const answer = await ask(gateway, { 'x-user': user });
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
      const answer = await ask(gateway, headers);
      expect(answer).toMatchObject({ status, body: { error: { code } } });
      expect(JSON.stringify(answer.body)).not.toContain('sk-a');
      expect(API.faultsOf('GET /v1/forward-auth/{gateway}', answer)).toEqual([]);
    });

    it('takes nothing for free calls, and believes only the proxy which those are', async () => {
      const user = await ledger.userWith('free', '0');
      const free = { 'x-user': user, 'x-forwarded-uri': '/v1/models?all=1' };
      const { status, headers } = await ask('plain', free);
      expect([status, headers.get('x-spend-hold-id')]).toEqual([200, null]);
      const forged = { 'x-original-method': 'GET', 'x-original-uri': '/v1/models' };
      expect((await ask('plain', { 'x-user': user, ...forged })).status).toBe(429);
      const silent = { 'x-forwarded-method': '', 'x-forwarded-uri': '' };
      expect((await ask('plain', { 'x-user': user, ...silent })).status).toBe(429);
    });

    it('takes nothing where it only looks', async () => {
      const user = await ledger.userWith('looking', '10');
      const { status, headers } = await ask('looking', { 'x-user': user });
      expect([status, headers.get('x-spend-hold-id')]).toEqual([200, null]);
      expect(await ledger.balanceOf(user)).toMatchObject({ held: '0.00' });
    });

    it('knows no gateway that is not in the file, whatever a header says', async () => {
      const answer = await ask('nobody', { 'x-user': 'alice', 'x-spend-gateway': 'plain' });
      expectProblem(answer, 404, 'not_found', []);
    });

    it('says which role a credential lacks', async () => {
      const token = await ledger.keepToken('recorder', 'record');
      const answer = await ask('plain', { 'x-spend-authorization': `Bearer ${token}` });
      expectProblem(answer, 403, 'forbidden', []);
      expect(answer.body.detail).toBe('recorder lacks the role check.');
    });

    it('sets free what it held for a proxy that went away', async () => {
      const user = await ledger.userWith('gone', '3');
      const { hostname, port } = new URL(ledger.process.httpUrl);
      for (let n = 0; n < 10; n++) {
        const socket = connect(Number(port), hostname);
        await once(socket, 'connect');
        const head = { host: 'ledger', 'x-user': user, ...TRAEFIK, ...credential() };
        const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}\r\n`);
        socket.end(`GET /v1/forward-auth/plain HTTP/1.1\r\n${lines.join('')}\r\n`);
        socket.destroySoon();
        await once(socket, 'close');
      }
      await ledger.untilBalance(user, { spent: '0.00', held: '0.00' });
      await admitted('plain', user);
    });
  });

  describe('reports', () => {
    it.each<[string, object, string, { spent: string; unpriced?: number }]>([
      ['its usage', { model: MODEL, usage: { input: 7, output: 2 } }, 'exact', { spent: '11.00' }],
      ['tokens', { model: MODEL, inputTokens: 7, outputTokens: 2 }, 'exact', { spent: '11.00' }],
      ['no price', { model: 'x', inputTokens: 7 }, 'unknown', { spent: '0.00', unpriced: 1 }],
      ['odd usage', { model: MODEL, inputTokens: -7 }, 'unknown', { spent: '0.00', unpriced: 1 }],
      ['no usage', { status: 200 }, 'estimated', { spent: '3.00' }],
      ['nothing', {}, 'estimated', { spent: '3.00' }],
      ['an error', { status: 500 }, 'released', { spent: '0.00' }],
      ['a break', { status: 200, ended: 'interrupted' }, 'estimated', { spent: '3.00' }],
      ['no upstream', { status: 502, ended: 'not_sent' }, 'released', { spent: '0.00' }],
    ])('settle a call of which they say %s: %j', async (what, said, outcome, balance) => {
      const user = await ledger.userWith(`says-${what.replaceAll(' ', '-')}`, '100');
      const holdId = await admitted('plain', user);
      const answer = await report({ holdId, ...said });
      expect(answer).toMatchObject({ status: 200, body: { outcome } });
      expect(API.faultsOf('POST /v1/reports', answer)).toEqual([]);
      await ledger.untilBalance(user, { held: '0.00', ...balance });
    });

    it.each([
      ['no usage', { status: 200 }, 'unknown'],
      ['an error', { status: 500 }, 'estimated'],
      ['a break', { ended: 'interrupted' }, 'released'],
    ])('settle by the rules of their gateway: %s', async (what, said, outcome) => {
      const user = await ledger.userWith(`asking-${what.replaceAll(' ', '-')}`, '100');
      const holdId = await admitted('asking', user);
      expect(await report({ gateway: 'asking', holdId, ...said })).toMatchObject({
        status: 200,
        body: { outcome },
      });
    });

    it('settle by headers, as a proxy without a body sends them', async () => {
      const user = await ledger.userWith('headers', '100');
      const holdId = await admitted('plain', user);
      const said = { 'x-spend-hold-id': holdId, 'x-spend-model': MODEL, 'x-spend-status': '200' };
      const tokens = { 'x-spend-input-tokens': '7', 'x-spend-output-tokens': '2' };
      const answer = await reportInHeaders({ ...said, ...tokens });
      expect(answer).toMatchObject({ status: 200, body: { outcome: 'exact' } });
      await ledger.untilBalance(user, { spent: '11.00', held: '0.00' });
    });

    it('count once, and the first one counts', async () => {
      const user = await ledger.userWith('twice', '100');
      const holdId = await admitted('plain', user);
      const first = { holdId, model: MODEL, inputTokens: 7 };
      const outcomes = [];
      for (const said of [first, first, { ...first, inputTokens: 8 }, { holdId, status: 500 }]) {
        const { status, body } = await report(said);
        outcomes.push([status, body.outcome]);
      }
      expect(outcomes).toEqual([
        [200, 'exact'],
        [200, 'repeated'],
        [200, 'ended'],
        [200, 'ended'],
      ]);
      await ledger.untilBalance(user, { spent: '7.00', held: '0.00' });
    });

    it('are 204 without a hold', async () => {
      expect((await report({ status: 200 })).status).toBe(204);
      expect((await reportInHeaders({ 'x-spend-hold-id': '' })).status).toBe(204);
      expect((await send('POST', '/v1/reports', credential())).status).toBe(204);
    });

    it('are 404 of a hold that is not there', async () => {
      for (const ended of ['answered', 'not_sent']) {
        expectProblem(await report({ holdId: 'no-such-hold', ended }), 404, 'not_found', []);
      }
    });

    it('are 403 of what another caller holds', async () => {
      const user = await ledger.userWith('others', '100');
      const holdId = await admitted('plain', user);
      const token = await ledger.keepToken('other', 'check');
      const headers = { 'x-spend-hold-id': holdId, 'x-spend-authorization': `Bearer ${token}` };
      expectProblem(await reportInHeaders(headers), 403, 'forbidden', []);
      expect(await ledger.balanceOf(user)).toMatchObject({ spent: '0.00', held: '3.00' });
    });

    it.each<[number, string, object | string]>([
      [400, 'invalid', { holdId: 'h', gateway: 7 }],
      [400, 'invalid', { holdId: 'h', tokens: 7 }],
      [400, 'invalid', { holdId: `sk-${'a'.repeat(24)}` }],
      [400, 'invalid', '{'],
      [404, 'not_found', { holdId: 'h', gateway: 'nobody' }],
      [413, 'too_large', 'x'.repeat(300_000)],
    ])('are %i %s where they are wrong', async (status, code, body) => {
      const text = typeof body === 'string' ? body : JSON.stringify({ gateway: 'plain', ...body });
      const headers = { ...credential(), 'content-type': 'application/json' };
      expectProblem(await send('POST', '/v1/reports', headers, text), status, code);
    });

    it('name the gateway where the file has no default', async () => {
      const answer = await send('POST', '/v1/reports', {
        ...credential(),
        'x-spend-hold-id': 'h',
      });
      expectProblem(answer, 400, 'invalid', [['gateway', 'required']]);
    });
  });
});
