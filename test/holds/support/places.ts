import type { Scope } from '#libs/ledger';

/** Scopes that share accounts crosswise: one key is used for two teams and by a person. */
export function scopesOf(run: number): readonly Scope[] {
  const [ml, ops] = [`ml-${run}`, `ops-${run}`];
  const [alice, bob, keyId] = [`alice-${run}`, `bob-${run}`, `key-${run}`];
  return [
    { type: 'team', teamId: ml, userId: alice, keyId },
    { type: 'team', teamId: ml, userId: bob },
    { type: 'team', teamId: ops, keyId },
    { type: 'user', userId: alice, keyId },
    { type: 'user', userId: alice },
    { type: 'key', keyId },
  ];
}

/** What budgets are set on; the default counts for members that have none of their own. */
export function targetsOf(run: number): readonly string[] {
  return [
    `team:ml-${run}`,
    `user:alice-${run}`,
    `key:key-${run}`,
    `member:ml-${run}/*`,
    `member:ml-${run}/alice-${run}`,
    `team:ops-${run}`,
  ];
}

export const WINDOWS = [
  { type: 'total' },
  { type: 'calendar', unit: 'day', zone: 'UTC' },
  { type: 'every', duration: 'PT1H', anchor: '2026-01-01T00:30:00Z' },
] as const;
