import type { Account, ScopeAccount } from './account';
import type { Scope } from './scope';

/** What orders an event: the team, the user, or the unowned key (`team:ml`, ids as they are). */
export function ownerOf(scope: Scope): string {
  switch (scope.type) {
    case 'key':
      return `key:${scope.keyId}`;
    case 'user':
      return `user:${scope.userId}`;
    case 'team':
      return `team:${scope.teamId}`;
  }
}

export function partitionOfScope(scope: Scope, partitions: number): number {
  return partitionOf(ownerOf(scope), partitions);
}

/** The one partition that feeds an account; keys, persons and pools can be fed by several, which is said by `undefined`. */
export function partitionOfAccount(account: Account, partitions: number): number | undefined {
  switch (account.kind) {
    case 'key':
    case 'person':
    case 'label':
    case 'ledger':
      return undefined;
    case 'user':
      return partitionOf(`user:${account.userId}`, partitions);
    case 'team':
    case 'member':
      return partitionOf(`team:${account.teamId}`, partitions);
  }
}

/** Where an account's held money stands: a key's in one place, too, though several partitions can feed its balance. */
export function partitionOfHeld(account: ScopeAccount, partitions: number): number {
  return account.kind === 'key'
    ? partitionOf(`key:${account.keyId}`, partitions)
    : partitionOfAccount(account, partitions)!;
}

export function partitionOfBudget(budgetId: string, partitions: number): number {
  return partitionOf(`budget:${budgetId}`, partitions);
}

/** Where a version of the prices is on record. */
export function partitionOfPrices(version: string, partitions: number): number {
  return partitionOf(`prices:${version}`, partitions);
}

function partitionOf(key: string, partitions: number): number {
  return (murmur2(Buffer.from(key, 'utf8')) & 0x7fffffff) % partitions;
}

/** Kafka's hash of record keys (its `Utils.murmur2`), so that its own tools find the same partition. */
export function murmur2(data: Uint8Array): number {
  const m = 0x5bd1e995;
  let h = (0x9747b28c ^ data.length) | 0;
  const whole = data.length & ~3;
  for (let i = 0; i < whole; i += 4) {
    let k =
      byteAt(data, i) |
      (byteAt(data, i + 1) << 8) |
      (byteAt(data, i + 2) << 16) |
      (byteAt(data, i + 3) << 24);
    k = Math.imul(k, m);
    k ^= k >>> 24;
    h = Math.imul(h, m) ^ Math.imul(k, m);
  }
  const rest = data.length - whole;
  if (rest >= 3) h ^= byteAt(data, whole + 2) << 16;
  if (rest >= 2) h ^= byteAt(data, whole + 1) << 8;
  if (rest >= 1) h = Math.imul(h ^ byteAt(data, whole), m);
  h ^= h >>> 13;
  h = Math.imul(h, m);
  return h ^ (h >>> 15);
}

function byteAt(data: Uint8Array, index: number): number {
  return data[index] ?? 0;
}
