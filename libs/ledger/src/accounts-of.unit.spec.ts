import fc from 'fast-check';
import { AWKWARD_IDS, labels, propertyOptions, scopes } from '#libs/testing';
import {
  accountsOf,
  formatAccount,
  isOfScope,
  poolsOf,
  scopeAccountsOf,
  type Account,
  type KeyAccount,
  type MemberAccount,
  type TeamAccount,
  type UserAccount,
} from './account';
import type { Labels } from './labels';
import type { KeyScope, Scope, TeamScope, UserScope } from './scope';

describe('the accounts of a scope', () => {
  const strings = (list: readonly Account[]) => list.map(formatAccount);

  it('are those that its money counts on, and no others', () => {
    expect(strings(scopeAccountsOf({ type: 'key', keyId: 'k' }))).toEqual(['key:k']);
    expect(strings(scopeAccountsOf({ type: 'user', userId: 'a' }))).toEqual(['user:a']);
    expect(strings(scopeAccountsOf({ type: 'user', userId: 'a', keyId: 'k' }))).toEqual([
      'key:k',
      'user:a',
    ]);
    expect(strings(scopeAccountsOf({ type: 'team', teamId: 't' }))).toEqual(['team:t']);
    expect(strings(scopeAccountsOf({ type: 'team', teamId: 't', keyId: 'k' }))).toEqual([
      'key:k',
      'team:t',
    ]);
    expect(
      strings(scopeAccountsOf({ type: 'team', teamId: 't', userId: 'a', keyId: 'k' })),
    ).toEqual(['key:k', 'team:t', 'member:t/a']);
  });

  it('hold no personal account unless the scope is personal', () => {
    fc.assert(
      fc.property(scopes, (scope) => {
        const kinds = scopeAccountsOf(scope).map(({ kind }) => kind);
        expect(kinds.includes('user')).toBe(scope.type === 'user');
        expect(kinds.includes('team')).toBe(scope.type === 'team');
        expect(kinds.includes('member')).toBe(scope.type === 'team' && scope.userId !== undefined);
        expect(kinds.includes('key')).toBe(scope.keyId !== undefined);
        expect(new Set(kinds).size).toBe(kinds.length);
      }),
      propertyOptions(300),
    );
  });

  it('hold the ids as they are', () => {
    for (const id of AWKWARD_IDS) {
      expect(scopeAccountsOf({ type: 'team', teamId: id, userId: id, keyId: id })).toEqual([
        { kind: 'key', keyId: id },
        { kind: 'team', teamId: id },
        { kind: 'member', teamId: id, userId: id },
      ]);
    }
  });
});

describe('the accounts of a call', () => {
  const acme = new Map([
    ['org', 'acme'],
    ['project', 'a/b'],
  ]);
  const of = (scope: Scope, given?: Labels) => accountsOf(scope, given).map(formatAccount);

  it.each<[Scope, Labels | undefined, string[]]>([
    [{ type: 'key', keyId: 'k' }, undefined, ['key:k', 'ledger']],
    [{ type: 'user', userId: 'a' }, undefined, ['user:a', 'person:a', 'ledger']],
    [{ type: 'team', teamId: 't' }, undefined, ['team:t', 'ledger']],
    [
      { type: 'key', keyId: 'k' },
      acme,
      ['key:k', 'label:org/acme', 'label:project/a%2Fb', 'ledger'],
    ],
    [
      { type: 'team', teamId: 't', userId: 'a', keyId: 'k' },
      acme,
      [
        'key:k',
        'team:t',
        'member:t/a',
        'person:a',
        'label:org/acme',
        'label:project/a%2Fb',
        'ledger',
      ],
    ],
  ])('of %j with the labels %j are %j', (scope, given, accounts) => {
    expect(of(scope, given)).toEqual(accounts);
  });

  it('are those of its scope, its person where it names a user, its labels and the ledger', () => {
    fc.assert(
      fc.property(scopes, fc.option(labels, { nil: undefined }), (scope, given) => {
        const accounts = accountsOf(scope, given);
        expect(accounts.filter(isOfScope)).toEqual(scopeAccountsOf(scope));
        expect(accounts.filter(({ kind }) => kind === 'person')).toEqual(
          scope.type === 'key' || scope.userId === undefined
            ? []
            : [{ kind: 'person', userId: scope.userId }],
        );
        expect(accounts.slice(accounts.length - poolsOf(given).length)).toEqual(poolsOf(given));
        expect(poolsOf(given)).toHaveLength((given?.size ?? 0) + 1);
        expect(new Set(accounts.map(formatAccount)).size).toBe(accounts.length);
      }),
      propertyOptions(300),
    );
  });
});

/** Checked by the compiler: each directive below is itself an error as soon as its line is none. */
describe('the types of the accounts of a scope', () => {
  const key: KeyScope = { type: 'key', keyId: 'k' };
  const user: UserScope = { type: 'user', userId: 'a' };
  const team: TeamScope = { type: 'team', teamId: 't', userId: 'a', keyId: 'k' };

  it('cannot reach a user account from a team scope', () => {
    const reached: readonly (KeyAccount | TeamAccount | MemberAccount)[] = scopeAccountsOf(team);
    // @ts-expect-error a team's money is never a person's
    const personal: readonly (KeyAccount | UserAccount)[] = scopeAccountsOf(team);
    // @ts-expect-error no account of a team is a user account
    const found = scopeAccountsOf(team).find((account) => account.kind === 'user');
    // @ts-expect-error no account of a literal team scope is one either
    const literal: UserAccount | KeyAccount = scopeAccountsOf({ type: 'team', teamId: 't' })[0]!;
    expect([reached.length, personal.length, found, literal.kind]).toEqual([
      3,
      3,
      undefined,
      'team',
    ]);
  });

  it('cannot reach a user account from a team scope by way of its labels', () => {
    // @ts-expect-error what a person spends in all is no user account
    const personal: readonly (KeyAccount | UserAccount)[] = accountsOf(team, undefined);
    // @ts-expect-error no account of a team is a user account
    const found = accountsOf(team, undefined).find((account) => account.kind === 'user');
    expect([personal.length, found]).toEqual([5, undefined]);
  });

  it('cannot reach a team or a member account from a user scope', () => {
    // @ts-expect-error personal money is no team's
    const reached: readonly (KeyAccount | TeamAccount | MemberAccount)[] = scopeAccountsOf(user);
    expect(reached).toHaveLength(1);
  });

  it('cannot reach anything but a key account from a key scope', () => {
    // @ts-expect-error an unowned key has no owner
    const reached: readonly (UserAccount | TeamAccount | MemberAccount)[] = scopeAccountsOf(key);
    expect(reached).toHaveLength(1);
  });

  it('cannot take a team scope for a user scope', () => {
    // @ts-expect-error a user scope has no team
    const scope: UserScope = { type: 'user', userId: 'a', teamId: 't' };
    // @ts-expect-error its type says which it is
    const other: UserScope = team;
    expect([scope.type, other.type]).toEqual(['user', 'team']);
  });
});
