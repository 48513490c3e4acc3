import fc from 'fast-check';
import { accounts, ids, labels, propertyOptions } from '#libs/testing';
import { formatAccount, parseAccount, type Account } from './account';

/** Of every kind. */
const anyAccounts: fc.Arbitrary<Account> = fc.oneof(
  accounts,
  fc.record({ kind: fc.constant('person' as const), userId: ids }),
  labels.map((given): Account => {
    const [name, value] = [...given][0]!;
    return { kind: 'label', name, value };
  }),
  fc.constant({ kind: 'ledger' as const }),
);

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
    [{ kind: 'person', userId: 'alice' }, 'person:alice'],
    [{ kind: 'person', userId: 'a/b' }, 'person:a%2Fb'],
    [{ kind: 'person', userId: '50%' }, 'person:50%25'],
    [{ kind: 'person', userId: '*' }, 'person:%2A'],
    [{ kind: 'label', name: 'org', value: 'acme' }, 'label:org/acme'],
    [{ kind: 'label', name: 'project', value: 'a/b c%' }, 'label:project/a%2Fb c%25'],
    [{ kind: 'label', name: 'constructor', value: '*' }, 'label:constructor/%2A'],
    [{ kind: 'label', name: 'a.b_c-9', value: 'x:y' }, 'label:a.b_c-9/x:y'],
    [{ kind: 'ledger' }, 'ledger'],
  ])('of %j is %s', (account, text) => {
    expect(formatAccount(account)).toBe(text);
    expect(parseAccount(text, 'account')).toEqual({ ok: true, value: account });
  });

  it('is read back as the same account', () => {
    fc.assert(
      fc.property(anyAccounts, (account) => {
        expect(parseAccount(formatAccount(account), 'account')).toEqual({
          ok: true,
          value: account,
        });
      }),
      propertyOptions(300),
    );
  });

  it('is another one for another account', () => {
    const given = fc.uniqueArray(anyAccounts, {
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
    ['label:org/%61cme', { kind: 'label', name: 'org', value: 'acme' }],
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
    'Ledger',
    'ledger:',
    'ledger:*',
    'ledger ',
    'label',
    'label/org/acme',
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
    'label:org',
    'label:org/a/b',
    'label:*/x',
    'label:org/*',
    'label:Org/x',
    'label:1a/x',
    'label:%6Frg/x',
    'label:__proto__/x',
    `label:${'a'.repeat(64)}/x`,
    'person:*',
    'person:a/b',
  ])('of no one account, or with a broken escape, is refused: %s', (text) => {
    expect(faultOf(text)).toBe('account');
  });

  it.each([
    ['user:', 'not_empty'],
    ['member:/alice', 'not_empty'],
    ['member:ml/', 'not_empty'],
    ['person:', 'not_empty'],
    ['label:/x', 'not_empty'],
    ['label:org/', 'not_empty'],
    ['label:org/ x', 'trimmed'],
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
