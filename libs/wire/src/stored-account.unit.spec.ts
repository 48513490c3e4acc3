import fc from 'fast-check';
import { scopeAccountsOf, formatAccount, type Account, type Scope } from '#libs/ledger';
import { propertyOptions, scopes } from '#libs/testing';
import {
  feeds,
  idsOf,
  rowsOfAccount,
  rowsOfOwner,
  storedAccount,
  STORED_KINDS,
  tableKindOf,
  type StoredKind,
} from './stored-account';
import type { StoredScope } from './stored-scope';

const rowOf = (scope: Scope): StoredScope => ({
  scope_type: scope.type,
  team_id: 'teamId' in scope ? scope.teamId : null,
  user_id: 'userId' in scope ? (scope.userId ?? null) : null,
  key_id: scope.keyId ?? null,
});

const OF_SCOPES = STORED_KINDS.filter(({ kind }) => kind !== 'pool');

/** What the SQL of `feeds` says of a row, in memory. */
const isFed = ({ scope, optional }: StoredKind, row: StoredScope): boolean =>
  (scope === null || row.scope_type === scope) && (optional === null || row[optional] !== null);

describe('which spends feed which accounts, in the words of tables', () => {
  it('is what the domain says of every scope', () => {
    fc.assert(
      fc.property(scopes, (scope) => {
        const row = rowOf(scope);
        const stored = OF_SCOPES.filter((kind) => isFed(kind, row)).map(({ kind }) =>
          formatAccount(storedAccount(kind, row)),
        );
        expect(stored.sort()).toEqual(scopeAccountsOf(scope).map(formatAccount).sort());
      }),
      propertyOptions(),
    );
  });

  it('never lets a team feed a person', () => {
    const user = STORED_KINDS.find(({ kind }) => kind === 'user')!;
    expect(feeds(user)).toBe(`scope_type = 'user'`);
    expect(isFed(user, { scope_type: 'team', team_id: 'ml', user_id: 'alice', key_id: 'k' })).toBe(
      false,
    );
  });

  it('says in SQL the scope, and the id that may be absent', () => {
    expect(OF_SCOPES.map(feeds)).toEqual([
      'key_id is not null',
      `scope_type = 'user'`,
      `scope_type = 'team'`,
      `scope_type = 'team' and user_id is not null`,
    ]);
  });

  it('has rows of pools under the names of their accounts', () => {
    for (const account of [
      { kind: 'ledger' },
      { kind: 'label', name: 'project', value: 'a/b c%' },
      { kind: 'label', name: 'org', value: '*' },
    ] as const) {
      expect(tableKindOf(account)).toBe('pool');
      expect(idsOf(account)).toEqual([formatAccount(account)]);
      expect(storedAccount('pool', { account: formatAccount(account) })).toEqual(account);
    }
    const tampered = storedAccount('pool', { account: 'label:%' });
    expect(formatAccount(tampered)).toBe('label:?/label:%25');
  });

  it('finds the rows of an account by its columns and its scope, and an owner’s by its own', () => {
    const member: Account = { kind: 'member', teamId: 'ml', userId: 'alice' };
    expect(rowsOfAccount(member)).toEqual({
      scope: 'team',
      columns: [
        ['team_id', 'ml'],
        ['user_id', 'alice'],
      ],
    });
    expect(idsOf(member)).toEqual(['ml', 'alice']);
    expect(rowsOfAccount({ kind: 'key', keyId: 'k' }).scope).toBeNull();
    expect(rowsOfOwner({ kind: 'key', keyId: 'k' })).toEqual({
      scope: 'key',
      columns: [['key_id', 'k']],
    });
  });
});
