import fc from 'fast-check';
import { accounts, ids, propertyOptions, scopes } from '#libs/testing';
import { scopeAccountsOf } from './account';
import {
  murmur2,
  ownerOf,
  partitionOfAccount,
  partitionOfBudget,
  partitionOfScope,
} from './partition';

const hash = (text: string) => murmur2(Buffer.from(text, 'utf8'));

describe('the hash of an owner', () => {
  // The vectors of Kafka's own test of its murmur2 (UtilsTest.testMurmur2).
  it.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
    ['', 275646681],
  ])('of %j is %d, as Kafka computes it', (text, expected) => {
    expect(hash(text)).toBe(expected);
  });

  it('takes bytes of 128 and more for what they are', () => {
    expect(murmur2(Buffer.from([0x80, 0xff, 0x80, 0xff, 0xff]))).toBe(1_502_175_829);
    expect(hash('é')).toBe(186_971_271);
  });
});

describe('the partition', () => {
  it('of an owner is the positive part of its hash, modulo their number', () => {
    for (const partitions of [1, 12, 16, 1000]) {
      expect(partitionOfScope({ type: 'team', teamId: 'ml' }, partitions)).toBe(
        (hash('team:ml') & 0x7fffffff) % partitions,
      );
      expect(partitionOfScope({ type: 'user', userId: 'josé' }, partitions)).toBe(
        (hash('user:josé') & 0x7fffffff) % partitions,
      );
      expect(partitionOfScope({ type: 'key', keyId: 'a/b%' }, partitions)).toBe(
        (hash('key:a/b%') & 0x7fffffff) % partitions,
      );
      expect(partitionOfBudget('alice-month', partitions)).toBe(
        (hash('budget:alice-month') & 0x7fffffff) % partitions,
      );
    }
  });

  // A ledger on disk stays readable only while these stand.
  it('never changes, for the partitions of a ledger are fixed for ever', () => {
    const of12 = (teamId: string) => partitionOfScope({ type: 'team', teamId }, 12);
    expect(['ml', 'web', 'data', 'josé', '\u{1f4b8}'].map(of12)).toEqual([3, 1, 1, 8, 6]);
  });

  it('is one of the ledger’s', () => {
    fc.assert(
      fc.property(scopes, ids, fc.integer({ min: 1, max: 1000 }), (scope, id, partitions) => {
        for (const partition of [
          partitionOfScope(scope, partitions),
          partitionOfBudget(id, partitions),
        ]) {
          expect(Number.isInteger(partition)).toBe(true);
          expect(partition).toBeGreaterThanOrEqual(0);
          expect(partition).toBeLessThan(partitions);
        }
      }),
      propertyOptions(),
    );
  });

  it('of a scope is the one that feeds its accounts, but for keys, which several feed', () => {
    fc.assert(
      fc.property(scopes, (scope) => {
        const feeding = partitionOfScope(scope, 1000);
        for (const account of scopeAccountsOf(scope)) {
          expect(partitionOfAccount(account, 1000)).toBe(
            account.kind === 'key' ? undefined : feeding,
          );
        }
      }),
      propertyOptions(),
    );
  });

  it('of an account is known without a scope', () => {
    fc.assert(
      fc.property(accounts, (account) => {
        const known = partitionOfAccount(account, 12);
        expect(known === undefined).toBe(account.kind === 'key');
      }),
      propertyOptions(),
    );
  });
});

describe('the owner of a scope', () => {
  it('is the team, else the user, else the key', () => {
    expect(ownerOf({ type: 'team', teamId: 'ml', userId: 'alice', keyId: 'k' })).toBe('team:ml');
    expect(ownerOf({ type: 'user', userId: 'alice', keyId: 'k' })).toBe('user:alice');
    expect(ownerOf({ type: 'key', keyId: 'k' })).toBe('key:k');
  });

  it('has its id as it is, unlike an account string', () => {
    expect(ownerOf({ type: 'user', userId: '100%/*' })).toBe('user:100%/*');
  });
});
