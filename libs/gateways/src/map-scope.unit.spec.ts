import { createHash } from 'node:crypto';
import { callOf } from './call-facts.fixture';
import { mapScope } from './map-scope';
import { parseGateways } from './parse-gateways';
import { readBody } from './scan-body';

const SECRET = `sk-${'a'.repeat(24)}`;
const TEAM = {
  type: 'team',
  teamId: 'header:x-team',
  userId: 'header:x-user?',
  keyId: 'header:authorization | bearer | sha256?',
};

function map(scope: object[], call: Parameters<typeof callOf>[0]) {
  const read = parseGateways({ version: 1, gateways: { g: { scope } } });
  if (!read.ok) throw new Error(JSON.stringify(read.errors));
  const rules = read.value.byName.get('g')!;
  const facts = callOf(call);
  return mapScope(rules.scope, facts, readBody(facts.body, rules.bodyPaths));
}

describe('the scope of a call', () => {
  it('has a credential by its hash', () => {
    const headers = { 'x-team': 'ml', authorization: `Bearer ${SECRET}` };
    const keyId = createHash('sha256').update(SECRET).digest('hex');
    expect(map([TEAM], { headers })).toEqual({
      outcome: 'mapped',
      scope: { type: 'team', teamId: 'ml', keyId },
    });
  });

  it('is of the first rule whose ids are all there', () => {
    const rules = [
      TEAM,
      { type: 'user', userId: 'header:x-user' },
      { type: 'key', keyId: 'const:anonymous' },
    ];
    const scopeOf = (headers: Record<string, string>) => map(rules, { headers });
    expect(scopeOf({ 'x-user': 'ann' })).toMatchObject({ scope: { type: 'user', userId: 'ann' } });
    expect(scopeOf({ 'x-team': 'ml', 'x-user': 'ann' })).toMatchObject({
      scope: { type: 'team', teamId: 'ml', userId: 'ann' },
    });
    expect(scopeOf({})).toMatchObject({ scope: { type: 'key', keyId: 'anonymous' } });
    expect(map([TEAM], { headers: { 'x-user': 'ann' } })).toEqual({ outcome: 'unmapped' });
  });

  it.each([
    ['header:x-user | lower', { headers: { 'x-user': 'Ann' } }, 'ann'],
    ['context:user', { context: { user: 'ann' } }, 'ann'],
    ['claim:payload.sub', { claims: { payload: { sub: 'ann' } } }, 'ann'],
    ['claim:uid', { claims: { uid: 7 } }, '7'],
    [
      'metadata:envoy.filters.http.jwt_authn#payload.sub',
      { claims: { payload: { sub: 'a' } } },
      'a',
    ],
    ['body:metadata.user', { body: { metadata: { user: 'ann' } } }, 'ann'],
  ] as const)('takes %s', (userId, call, expected) => {
    expect(map([{ type: 'user', userId }], call)).toMatchObject({ scope: { userId: expected } });
  });

  it.each([
    ['a secret', SECRET, 'secret'],
    ['an empty text', '', 'not_empty'],
    ['a text that is too long', 'é'.repeat(200), 'length'],
    ['a control character', 'a\u0000b', 'control'],
  ])(
    'is refused with %s, which no answer says, though another rule would fit',
    (_, given, rule) => {
      const rules = [TEAM, { type: 'key', keyId: 'const:anonymous' }];
      const mapped = map(rules, { headers: { 'x-team': given } });
      expect(mapped).toMatchObject({
        outcome: 'refused',
        errors: [{ field: 'scope.teamId', rule }],
      });
      if (given !== '') expect(JSON.stringify(mapped)).not.toContain(given);
    },
  );

  it('has no key where the header is no bearer token', () => {
    const headers = { 'x-team': 'ml', authorization: 'Basic YTpi' };
    expect(map([TEAM], { headers })).toEqual({
      outcome: 'mapped',
      scope: { type: 'team', teamId: 'ml' },
    });
  });
});
