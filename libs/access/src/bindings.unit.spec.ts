import fc from 'fast-check';
import { scopeAccountsOf, formatAccount, type Scope } from '#libs/ledger';
import { propertyOptions, scopes } from '#libs/testing';
import { permitsAccount, permitsReading, permitsScope, permitsTarget } from './bindings';

const bound = (...accounts: string[]) => ({ accounts, sources: [] });
const ML_ALICE: Scope = { type: 'team', teamId: 'ml', userId: 'alice', keyId: 'k' };
const ALICE: Scope = { type: 'user', userId: 'alice', keyId: 'k' };
const KEY: Scope = { type: 'key', keyId: 'k' };

describe('bindings', () => {
  it.each<[string[], Scope, boolean]>([
    [[], ML_ALICE, true],
    [['team:ml'], ML_ALICE, true],
    [['member:ml/alice'], ML_ALICE, true],
    [['team:ml', 'key:k'], ML_ALICE, true],
    [['key:k'], ML_ALICE, false],
    [['user:alice'], ML_ALICE, false],
    [['member:ml/bob'], ML_ALICE, false],
    [['team:ops'], ML_ALICE, false],
    [['team:ml', 'key:other'], ML_ALICE, false],
    [['team:ml', 'key:k'], { type: 'team', teamId: 'ml' }, false],
    [['member:ml/alice'], { type: 'team', teamId: 'ml' }, false],
    [['user:alice'], ALICE, true],
    [['user:alice', 'user:bob'], ALICE, true],
    [['team:alice'], ALICE, false],
    [['key:k'], ALICE, false],
    [['key:k'], KEY, true],
    [['team:ml', 'key:k'], KEY, true],
    [['team:ml'], KEY, false],
    [['user:k'], KEY, false],
  ])('to %j permit %j: %s', (accounts, scope, permitted) => {
    expect(permitsScope(bound(...accounts), scope)).toBe(permitted);
  });

  it.each<[string[], string, boolean]>([
    [['team:ml'], 'team:ml', true],
    [['team:ml'], 'member:ml/alice', true],
    [['team:ml'], 'member:ml/*', true],
    [['team:ml'], 'team:*', false],
    [['team:ml'], 'member:ml2/alice', false],
    [['team:ml'], 'user:ml', false],
    [['user:*'], 'user:alice', false],
    [['user:*'], 'user:*', true],
    [['team:a%2Fb'], 'member:a%2Fb/alice', true],
    [['team:a'], 'member:a%2Fb/alice', false],
    [['label:org/*'], 'label:org/acme', true],
    [['label:org/*'], 'label:org2/acme', false],
    [['label:org/acme'], 'label:org/*', false],
    [['person:*'], 'person:alice', false],
  ])('to %j permit the target %s: %s', (accounts, target, permitted) => {
    expect(permitsTarget(bound(...accounts), target)).toBe(permitted);
  });

  it('to one owner permit nothing that another owns', () => {
    fc.assert(
      fc.property(scopes, scopes, (own, other) => {
        const bindings = bound(ownerOf(own));
        expect(permitsScope(bindings, own)).toBe(true);
        expect(permitsScope(bindings, other)).toBe(ownerOf(other) === ownerOf(own));
      }),
      propertyOptions(),
    );
  });

  it('permit reading what is listed under an account that may be read', () => {
    fc.assert(
      fc.property(scopes, scopes, (own, scope) => {
        const bindings = bound(ownerOf(own));
        const listed = scopeAccountsOf(scope).some((account) => permitsAccount(bindings, account));
        expect(permitsReading(bindings, own)).toBe(true);
        expect(permitsReading(bindings, scope)).toBe(listed);
      }),
      propertyOptions(),
    );
  });
});

function ownerOf(scope: Scope): string {
  if (scope.type === 'team') return formatAccount({ kind: 'team', teamId: scope.teamId });
  if (scope.type === 'user') return formatAccount({ kind: 'user', userId: scope.userId });
  return formatAccount({ kind: 'key', keyId: scope.keyId });
}
