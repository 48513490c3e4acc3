import fc from 'fast-check';
import { propertyOptions, scopes } from '#libs/testing';
import { parseScope } from './scope';

const faultsOf = (value: unknown) => {
  const scope = parseScope(value, 'data.scope');
  return scope.ok ? [] : scope.errors.map(({ field, rule }) => `${field} ${rule}`);
};

describe('a scope', () => {
  it.each([
    { type: 'key', keyId: 'key-7' },
    { type: 'user', userId: 'alice' },
    { type: 'user', userId: 'alice', keyId: 'key-7' },
    { type: 'team', teamId: 'ml' },
    { type: 'team', teamId: 'ml', userId: 'alice' },
    { type: 'team', teamId: 'ml', keyId: 'key-7' },
    { type: 'team', teamId: 'ml', userId: 'alice', keyId: 'key-7' },
  ])('%j is read as it is', (scope) => {
    expect(parseScope(scope, 'scope')).toEqual({ ok: true, value: scope });
  });

  it('is read as it is, whatever its ids', () => {
    fc.assert(
      fc.property(scopes, (scope) => {
        expect(parseScope(scope, 'scope')).toEqual({ ok: true, value: scope });
      }),
      propertyOptions(),
    );
  });

  it.each([
    [{ type: 'key' }, 'data.scope.keyId required'],
    [{ type: 'user', keyId: 'key-7' }, 'data.scope.userId required'],
    [{ type: 'team', userId: 'alice', keyId: 'key-7' }, 'data.scope.teamId required'],
    [{ type: 'team', teamId: undefined }, 'data.scope.teamId required'],
  ])('%j lacks the id of what it is', (scope, fault) => {
    expect(faultsOf(scope)).toEqual([fault]);
  });

  it.each([
    [{ type: 'key', keyId: '' }, 'data.scope.keyId not_empty'],
    [{ type: 'user', userId: '' }, 'data.scope.userId not_empty'],
    [{ type: 'user', userId: 'alice', keyId: '' }, 'data.scope.keyId not_empty'],
    [{ type: 'team', teamId: '' }, 'data.scope.teamId not_empty'],
    [{ type: 'team', teamId: 'ml', userId: '' }, 'data.scope.userId not_empty'],
    [{ type: 'team', teamId: 'ml', keyId: '' }, 'data.scope.keyId not_empty'],
    [{ type: 'team', teamId: 'ml', userId: null }, 'data.scope.userId string'],
    [{ type: 'user', userId: 7 }, 'data.scope.userId string'],
    [{ type: 'user', userId: ['alice'] }, 'data.scope.userId string'],
    [{ type: 'key', keyId: ' key-7' }, 'data.scope.keyId trimmed'],
    [{ type: 'key', keyId: 'k'.repeat(257) }, 'data.scope.keyId length'],
  ])('%j has an id that is none, and is not taken for a scope without it', (scope, fault) => {
    expect(faultsOf(scope)).toEqual([fault]);
  });

  it.each([
    [{ type: 'key', keyId: 'key-7', userId: 'alice' }, 'data.scope.userId unknown_member'],
    [{ type: 'key', keyId: 'key-7', teamId: 'ml' }, 'data.scope.teamId unknown_member'],
    [{ type: 'user', userId: 'alice', teamId: 'ml' }, 'data.scope.teamId unknown_member'],
    [{ type: 'user', userId: 'alice', teamId: '' }, 'data.scope.teamId unknown_member'],
    [{ type: 'user', userId: 'alice', teamId: null }, 'data.scope.teamId unknown_member'],
    [{ type: 'team', teamId: 'ml', org: 'acme' }, 'data.scope.org unknown_member'],
    [{ type: 'team', teamId: 'ml', UserId: 'alice' }, 'data.scope.UserId unknown_member'],
    [{ type: 'team', teamId: 'ml', constructor: 'x' }, 'data.scope.constructor unknown_member'],
  ])('%j has a member that its type does not have', (scope, fault) => {
    expect(faultsOf(scope)).toEqual([fault]);
  });

  it.each([
    [{}],
    [{ userId: 'alice' }],
    [{ type: 'org', orgId: 'acme' }],
    [{ type: 'Team', teamId: 'ml' }],
    [{ type: 'member', teamId: 'ml', userId: 'alice' }],
    [{ type: null, keyId: 'key-7' }],
    [{ type: ['key'], keyId: 'key-7' }],
    [{ type: 'constructor', keyId: 'key-7' }],
    [{ type: '__proto__', keyId: 'key-7' }],
    [{ type: '', keyId: 'key-7' }],
  ])('%j is of no type', (scope) => {
    expect(faultsOf(scope)).toEqual(['data.scope.type one_of']);
  });

  it.each([[null], [[]], [[{ type: 'key', keyId: 'key-7' }]], ['key:key-7'], [7], [true]])(
    '%j is no object',
    (value) => {
      expect(faultsOf(value)).toEqual(['data.scope object']);
    },
  );

  it('is missed when it is not there', () => {
    expect(faultsOf(undefined)).toEqual(['data.scope required']);
  });

  it('tells every fault at once', () => {
    const scope = { type: 'team', userId: '', keyId: 7, org: 'acme' };
    expect(faultsOf(scope)).toEqual([
      'data.scope.teamId required',
      'data.scope.userId not_empty',
      'data.scope.keyId string',
      'data.scope.org unknown_member',
    ]);
  });

  it('takes nothing from a member named __proto__', () => {
    const team = JSON.parse('{"type":"team","__proto__":{"teamId":"ml"}}') as unknown;
    expect(faultsOf(team)).toEqual([
      'data.scope.teamId required',
      'data.scope.__proto__ unknown_member',
    ]);
    const user = JSON.parse('{"type":"user","userId":"a","__proto__":{"keyId":"k"}}') as unknown;
    expect(faultsOf(user)).toEqual(['data.scope.__proto__ unknown_member']);
  });

  it('does not echo a stranger whose name is a secret', () => {
    const scope = { type: 'key', keyId: 'key-7', 'sk-abcdefghijklmnop': 1 };
    expect(faultsOf(scope)).toEqual(['data.scope.(secret) unknown_member']);
  });
});
