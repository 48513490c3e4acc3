import fc from 'fast-check';
import { accounts, AWKWARD_IDS, propertyOptions, scopes } from '#libs/testing';
import {
  scopeAccountsOf,
  formatAccount,
  parseAccount,
  type Account,
  type KeyAccount,
  type MemberAccount,
  type TeamAccount,
  type UserAccount,
} from './account';
import type { KeyScope, TeamScope, UserScope } from './scope';

const faultOf = (value: unknown) => {
  const account = parseAccount(value, 'account');
  return account.ok ? account.value : account.errors.map(({ rule }) => rule).join();
};

describe('an account string', () => {
  it.each<[Account, string]>([
    [{ kind: 'key', keyId: 'key-7' }, 'key:key-7'],
    [{ kind: 'user', userId: 'auth0|7f3' }, 'user:auth0|7f3'],
    [{ kind: 'user', userId: 'josé@x.org' }, 'user:josé@x.org'],
    [{ kind: 'user', userId: 'arn:aws:iam::1:user/bob' }, 'user:arn:aws:iam::1:user%2Fbob'],
    [{ kind: 'team', teamId: '100%' }, 'team:100%25'],
    [{ kind: 'team', teamId: '%2F' }, 'team:%252F'],
    [{ kind: 'key', keyId: '*' }, 'key:%2A'],
    [{ kind: 'key', keyId: 'bob*' }, 'key:bob*'],
    [{ kind: 'member', teamId: 'ml', userId: 'alice' }, 'member:ml/alice'],
    [{ kind: 'member', teamId: 'a/b', userId: '*' }, 'member:a%2Fb/%2A'],
  ])('of %j is %s', (account, text) => {
    expect(formatAccount(account)).toBe(text);
    expect(parseAccount(text, 'account')).toEqual({ ok: true, value: account });
  });

  it('is read back as the same account', () => {
    fc.assert(
      fc.property(accounts, (account) => {
        expect(parseAccount(formatAccount(account), 'account')).toEqual({
          ok: true,
          value: account,
        });
      }),
      propertyOptions(300),
    );
  });

  it('is another one for another account', () => {
    const given = fc.uniqueArray(accounts, {
      minLength: 2,
      maxLength: 8,
      selector: (account) => JSON.stringify(Object.entries(account)),
    });
    fc.assert(
      fc.property(given, (different) => {
        expect(new Set(different.map(formatAccount)).size).toBe(different.length);
      }),
      propertyOptions(300),
    );
  });

  it.each([
    ['user:al%69ce', { kind: 'user', userId: 'alice' }],
    ['user:jos%C3%A9@x.org', { kind: 'user', userId: 'josé@x.org' }],
    ['member:a%2fb/%2a', { kind: 'member', teamId: 'a/b', userId: '*' }],
    ['key:a+b', { kind: 'key', keyId: 'a+b' }],
    ['key:key:key', { kind: 'key', keyId: 'key:key' }],
  ])('may escape more than it must: %s', (text, account) => {
    expect(parseAccount(text, 'account')).toEqual({ ok: true, value: account });
  });

  it.each([
    '',
    'alice',
    ':alice',
    'users:alice',
    'User:alice',
    ' user:alice',
    'org:acme',
    'constructor:x',
    7,
    null,
    ['user:alice'],
    { kind: 'user', userId: 'alice' },
  ])('is none: %p', (value) => {
    expect(faultOf(value)).toBe('account');
  });

  it.each([
    'member:ml',
    'member:ml/alice/x',
    'user:a/b',
    'key:/',
    'team:*',
    'member:ml/*',
    'member:*/alice',
    'user:100%',
    'user:%zz',
    'user:%C3',
    'user:%FF',
    'user:%ED%A0%80',
  ])('of no one account, or with a broken escape, is refused: %s', (text) => {
    expect(faultOf(text)).toBe('account');
  });

  it.each([
    ['user:', 'not_empty'],
    ['member:/alice', 'not_empty'],
    ['member:ml/', 'not_empty'],
    ['user: alice', 'trimmed'],
    ['user:alice%20', 'trimmed'],
    ['user:%C2%A0alice', 'trimmed'],
    ['user:a%00b', 'control'],
    ['user:a\nb', 'control'],
    ['user:a%C2%85b', 'control'],
    ['user:\ud800', 'well_formed'],
    [`user:${'é'.repeat(129)}`, 'length'],
    [`user:${'%C3%A9'.repeat(129)}`, 'length'],
  ])('%j has an id that is none', (text, rule) => {
    expect(faultOf(text)).toBe(rule);
  });

  it('may have an id of 256 bytes, however long its escapes make it', () => {
    expect(faultOf(`user:${'%2F'.repeat(256)}`)).toEqual({
      kind: 'user',
      userId: '/'.repeat(256),
    });
  });

  it('is missed when it is not there', () => {
    expect(faultOf(undefined)).toBe('required');
  });
});

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
    expect(strings(scopeAccountsOf({ type: 'team', teamId: 't', userId: 'a', keyId: 'k' }))).toEqual([
      'key:k',
      'team:t',
      'member:t/a',
    ]);
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
