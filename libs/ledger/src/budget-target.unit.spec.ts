import fc from 'fast-check';
import { accounts, AWKWARD_IDS, propertyOptions } from '#libs/testing';
import { formatAccount } from './account';
import { defaultTargetOf, isDefaultTarget, parseBudgetTarget } from './budget-target';

const ruleOf = (value: unknown) => {
  const target = parseBudgetTarget(value, 'account');
  return target.ok ? target.value : target.errors.map(({ rule }) => rule).join();
};

describe('what a budget is set on', () => {
  it.each(['key:*', 'user:*', 'team:*', 'member:ml/*', 'member:a%2Fb/*', 'member:%2A/*'])(
    'may be a default for all of a kind: %s',
    (text) => {
      expect(parseBudgetTarget(text, 'account')).toEqual({ ok: true, value: text });
      expect(isDefaultTarget(text)).toBe(true);
    },
  );

  it.each(['key:%2A', 'user:bob*', 'user:a:*', 'user:**', 'member:ml/bob*', 'member:ml/%2A'])(
    'may be one account that looks like a default: %s',
    (text) => {
      expect(parseBudgetTarget(text, 'account')).toEqual({ ok: true, value: text });
      expect(isDefaultTarget(text)).toBe(false);
    },
  );

  it('is one account, whatever its ids, and never a default', () => {
    fc.assert(
      fc.property(accounts, (account) => {
        const text = formatAccount(account);
        expect(parseBudgetTarget(text, 'account')).toEqual({ ok: true, value: text });
        expect(isDefaultTarget(text)).toBe(false);
      }),
      propertyOptions(500),
    );
  });

  it.each([
    ['user:al%69ce', 'user:alice'],
    ['user:%2a', 'user:%2A'],
    ['member:a%2fb/%6Dike', 'member:a%2Fb/mike'],
    ['member:%6Dl/*', 'member:ml/*'],
  ])('is kept in its one form: %s as %s', (given, kept) => {
    expect(ruleOf(given)).toBe(kept);
  });

  it.each([
    ['*', 'account'],
    ['*:*', 'account'],
    ['org:*', 'account'],
    ['member:*', 'account'],
    ['member:*/*', 'account'],
    ['member:*/alice', 'account'],
    ['member:a/b/*', 'account'],
    ['member:/*', 'not_empty'],
    ['user:', 'not_empty'],
    ['user:%zz', 'account'],
    ['member:%zz/*', 'account'],
    [undefined, 'required'],
    [null, 'account'],
    [['key:*'], 'account'],
  ])('is not %j', (value, rule) => {
    expect(ruleOf(value)).toBe(rule);
  });
});

describe('the default of an account', () => {
  it.each([
    ['key', 'key:*'],
    ['user', 'user:*'],
    ['team', 'team:*'],
  ] as const)('of kind %s is %s', (kind, target) => {
    const account = { kind, keyId: 'x', userId: 'x', teamId: 'x' } as const;
    expect(defaultTargetOf(account)).toBe(target);
  });

  it('of a member is its team’s, written as administrators write it', () => {
    for (const teamId of AWKWARD_IDS) {
      const target = defaultTargetOf({ kind: 'member', teamId, userId: 'alice' });
      expect(parseBudgetTarget(target, 'account')).toEqual({ ok: true, value: target });
      expect(isDefaultTarget(target!)).toBe(true);
    }
    expect(defaultTargetOf({ kind: 'member', teamId: 'a/b', userId: 'x' })).toBe('member:a%2Fb/*');
  });
});
