import { randomUUID } from 'node:crypto';
import { BODY, Doors, ESTIMATE, SECRET } from './support/doors';
import type { AskedOf, Told } from './support/envoy-client';
import type { GatewayLedger } from './support/ledger';

const SCOPE = [
  { type: 'team', teamId: 'header:x-team', userId: 'header:x-user?' },
  { type: 'user', userId: 'header:x-user' },
];
const PLAIN = { scope: SCOPE, estimate: { maxTokens: 1000 } };
const GATEWAYS = {
  version: 1,
  default: 'plain',
  gateways: {
    plain: PLAIN,
    check: { ...PLAIN, mode: 'check' },
    pay: { ...PLAIN, deny: { status: 402 } },
    flat: { ...PLAIN, unknownModel: { estimate: '0.05' } },
    loose: { ...PLAIN, unmapped: 'allow', free: ['GET *', '* /v1/models*'] },
    jwt: { scope: [{ type: 'user', userId: 'claim:payload.sub' }] },
  },
};

let doors: Doors;
let ledger: GatewayLedger;
beforeAll(async () => {
  doors = await Doors.open(GATEWAYS);
  ({ ledger } = doors);
});
afterAll(() => doors.close());

const ask = (call: AskedOf, gateway?: string, token = ledger.token): Promise<Told> =>
  doors.envoy.ask({ body: BODY, ...call }, { gateway, token });

async function team(limit: string): Promise<string> {
  const name = randomUUID();
  await ledger.setBudget(`team:${name}`, limit);
  return name;
}

describe('a call within its budget', () => {
  it('is held for, and takes its hold’s id to the upstream in place of its client’s', async () => {
    const id = await team('1');
    const headers = { 'x-team': id, 'x-spend-hold-id': 'forged', 'x-spend-other': 'forged' };
    const told = await ask({ headers: { ...headers, 'x-request-id': 'r-1' } });
    const { 'x-spend-hold-id': holdId, ...others } = told.toUpstream;
    expect([told.status, others]).toEqual([200, {}]);
    expect(told.removed).toEqual(['x-spend-other']);
    expect(told.toClient).toEqual({ 'x-spend-remaining': '1.00' });
    expect(textsIn(told.metadata)).toMatchObject({
      call_id: holdId,
      hold_id: holdId,
      gateway: 'plain',
      model: 'gpt-5',
      estimate: ESTIMATE,
      remaining: '1.00',
    });
    const { body: hold } = await ledger.http.get(`/v1/holds/${holdId}`);
    expect(hold).toMatchObject({ amount: ESTIMATE, requestId: 'r-1', state: 'active' });
    expect(hold.caller).toBe('gateway');
    expect(Date.parse(hold.createdAt)).toBe(Math.floor(told.metadata.fields.at.numberValue));
  });

  it('is only looked at in mode check, and takes no hold’s id to the upstream', async () => {
    const id = await team('1');
    const told = await ask({ headers: { 'x-team': id, 'x-spend-hold-id': 'forged' } }, 'check');
    expect([told.status, told.toUpstream, told.removed]).toEqual([200, {}, ['x-spend-hold-id']]);
    expect(await ledger.held(`team:${id}`)).toBe('0.00');
    const { scope, hold_id } = textsIn(told.metadata);
    expect([JSON.parse(scope!), hold_id]).toEqual([{ type: 'team', teamId: id }, undefined]);
  });

  it('is one hold, however often Envoy asks about it, whatever its client calls itself', async () => {
    const id = await team('1');
    const call = { headers: { 'x-team': id, 'x-request-id': 'forged' } };
    const [one, same] = [await ask({ ...call, id: '77' }), await ask({ ...call, id: '77' })];
    expect(same.toUpstream).toEqual(one.toUpstream);
    const other = await ask({ ...call, id: '78' });
    expect(other.toUpstream).not.toEqual(one.toUpstream);
  });
});

describe('a call is refused', () => {
  it('where a budget is exceeded, in the words of OpenAI’s clients and with the ledger’s headers', async () => {
    const id = await team('0.0001');
    const told = await ask({ headers: { 'x-team': id } });
    expect(told).toMatchObject({
      status: 429,
      headers: {
        'content-type': 'application/json',
        'x-should-retry': 'false',
        'x-spend-blocked-by': `team-${id}`,
        'x-spend-remaining': '0.0001',
        'x-spend-decision-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
      },
      body: { error: { type: 'insufficient_quota', param: null, code: 'budget_exceeded' } },
    });
    expect(told.headers).not.toHaveProperty('retry-after');
    expect(told.body.error.message).toMatch(/^Budget has been exceeded! Team=/);
    expect((await ask({ headers: { 'x-team': id } }, 'pay')).status).toBe(402);
    const { body } = await ledger.http.get(`/v1/decisions/${told.headers['x-spend-decision-id']}`);
    expect(body).toMatchObject({ allowed: false });
    expect(await ledger.held(`team:${id}`)).toBe('0.00');
  });

  it.each<[string, AskedOf, string, number, string]>([
    ['no scope', { headers: {} }, 'plain', 403, 'scope_unknown'],
    [
      'a model without a price',
      { headers: { 'x-user': 'u' }, body: { model: 'new' } },
      'plain',
      400,
      'model_unknown',
    ],
    ['no model', { headers: { 'x-user': 'u' }, body: {} }, 'plain', 400, 'model_unknown'],
    [
      'a body that is not JSON',
      { headers: { 'x-user': 'u' }, body: '\u001f\u008bgzip' },
      'plain',
      400,
      'model_unknown',
    ],
    [
      'a GET that is not free',
      { headers: { 'x-user': 'u' }, method: 'GET', body: '' },
      'plain',
      400,
      'model_unknown',
    ],
    ['a secret for an id', { headers: { 'x-team': SECRET } }, 'plain', 400, 'invalid'],
    ['an empty team', { headers: { 'x-team': '', 'x-user': 'u' } }, 'plain', 400, 'invalid'],
    ['an id that is too long', { headers: { 'x-user': 'u'.repeat(300) } }, 'check', 400, 'invalid'],
    [
      'a secret for a model',
      { headers: { 'x-user': 'u' }, body: { model: SECRET } },
      'plain',
      400,
      'invalid',
    ],
    ['an unknown gateway', { headers: { 'x-user': 'u' } }, 'nobody', 503, 'gateway_unknown'],
    [
      'a gateway that its route names and the file does not',
      { headers: {}, context: { gateway: 'nobody' } },
      '',
      503,
      'gateway_unknown',
    ],
    [
      'a token without the claim',
      { claims: { payload: { aud: 'x' } } },
      'jwt',
      403,
      'scope_unknown',
    ],
  ])('with %s, as an answer and never as an error', async (_, call, gateway, status, code) => {
    const told = await ask(call, gateway === '' ? undefined : gateway);
    expect([told.grpc, told.status, told.body.error.code]).toEqual([0, status, code]);
    expect(JSON.stringify(told)).not.toContain(SECRET);
  });

  it('and the secrets in it are in no line of the log', () => {
    expect(ledger.output).not.toContain(SECRET);
  });
});

describe('the rules of a gateway', () => {
  it('hold a flat sum for a model without a price where they say so', async () => {
    const id = await team('1');
    const told = await ask({ headers: { 'x-team': id }, body: { model: 'new' } }, 'flat');
    expect([told.status, textsIn(told.metadata)['estimate']]).toEqual([200, '0.05']);
  });

  it.each<[AskedOf, string]>([
    [{ method: 'GET', path: '/anything', headers: {}, body: '' }, 'free'],
    [{ path: '/v1/models/gpt-5', headers: {}, body: '' }, 'free'],
    [{ headers: {} }, 'unmapped'],
  ])('let %p through without a budget', async (call, outcome) => {
    const told = await ask(
      { ...call, headers: { ...call.headers, 'x-spend-hold-id': 'forged' } },
      'loose',
    );
    expect([told.status, told.toUpstream, told.removed]).toEqual([200, {}, ['x-spend-hold-id']]);
    expect(textsIn(told.metadata)).toEqual({ gateway: 'loose', outcome });
  });

  it('take the scope out of a token that Envoy has verified', async () => {
    const told = await ask({ claims: { payload: { sub: 'ann' } } }, 'jwt');
    const { body } = await ledger.http.get(`/v1/holds/${told.toUpstream['x-spend-hold-id']}`);
    expect(body.scope).toEqual({ type: 'user', userId: 'ann' });
  });

  it('are those that the route names, where Envoy names none itself', async () => {
    const call = { headers: { 'x-user': 'ann' }, context: { gateway: 'check' } };
    expect(textsIn((await ask(call)).metadata)['gateway']).toBe('check');
    expect(textsIn((await ask(call, 'flat')).metadata)['gateway']).toBe('flat');
  });

  it('estimate a body that Envoy has cut by the length that it says', async () => {
    const id = await team('100');
    const body = `{"model":"gpt-5","max_tokens":100,"messages":[{"content":"${'x'.repeat(300_000)}`;
    const headers = {
      'x-team': id,
      'x-envoy-auth-partial-body': 'true',
      'content-length': '3145728',
    };
    const told = await ask({ headers, body });
    expect(textsIn(told.metadata)['estimate']).toBe(((3145728 * 125 + 100_000) / 1e8).toString());
  });
});

describe('the credential of a gateway', () => {
  it('is told which role it lacks at its first call', async () => {
    const token = await ledger.keepToken('recorder', ['record']);
    const told = await ask({ headers: { 'x-user': 'u' } }, 'plain', token);
    expect([told.grpc, told.details]).toEqual([7, 'recorder lacks the role check.']);
  });

  it.each(['plain', 'check'])(
    'that is bound admits nobody else in %s, as an answer',
    async (gateway) => {
      const bound = { accounts: ['team:ml'] };
      const token = await ledger.keepToken(`bound-${gateway}`, ['check', 'record'], bound);
      expect((await ask({ headers: { 'x-team': 'ml' } }, gateway, token)).status).toBe(200);
      const told = await ask({ headers: { 'x-team': 'other' } }, gateway, token);
      expect([told.grpc, told.status, told.body.error.code]).toEqual([0, 403, 'forbidden']);
      expect(told.body.error.message).not.toContain('ml');
    },
  );
});

function textsIn(metadata: Told['metadata']): Record<string, string> {
  const fields = Object.entries(metadata.fields as Record<string, { stringValue?: string }>);
  return Object.fromEntries(
    fields.flatMap(([name, { stringValue }]) =>
      stringValue === undefined ? [] : [[name, stringValue]],
    ),
  );
}
