import type { Labels, Scope } from '#libs/ledger';

/** What a call is for. */
export interface Call {
  readonly scope: Scope;
  readonly labels: Labels | undefined;
}

/** Scopes that share accounts crosswise: one key is used for two teams and by a person. */
export function scopesOf(name: string | number): readonly Scope[] {
  const [ml, ops] = [`ml-${name}`, `ops-${name}`];
  const [alice, bob, keyId] = [`alice-${name}`, `bob-${name}`, `key-${name}`];
  return [
    { type: 'team', teamId: ml, userId: alice, keyId },
    { type: 'team', teamId: ml, userId: bob },
    { type: 'team', teamId: ops, keyId },
    { type: 'user', userId: alice, keyId },
    { type: 'user', userId: alice },
    { type: 'key', keyId },
  ];
}

/** What budgets are set on; a default counts where an account has none of its own. */
export function targetsOf(name: string | number): readonly string[] {
  return [
    `team:ml-${name}`,
    `user:alice-${name}`,
    `key:key-${name}`,
    `member:ml-${name}/*`,
    `member:ml-${name}/alice-${name}`,
    'team:*',
    'user:*',
  ];
}

/** The same scopes; the labels of their calls cross them. */
export function labelledCalls(name: string | number): readonly Call[] {
  const labels = [
    { org: 'acme', project: 'a' },
    { org: 'acme' },
    { org: 'beta', project: 'a' },
    { org: 'beta' },
    undefined,
    { project: 'a' },
  ];
  return scopesOf(name).map((scope, n) => ({ scope, labels: labels[n] && labelsOf(labels[n]) }));
}

export function labelsOf(given: Readonly<Record<string, string>>): Labels {
  return new Map(Object.entries(given));
}

/** What budgets are set on where calls have labels. */
export function poolTargetsOf(name: string | number): readonly string[] {
  return [
    'ledger',
    `person:alice-${name}`,
    'label:project/a',
    'label:org/*',
    'label:org/acme',
    `team:ml-${name}`,
    'person:*',
  ];
}

export const WINDOWS = [
  { type: 'total' },
  { type: 'calendar', unit: 'day', zone: 'UTC' },
  { type: 'every', duration: 'PT1H', anchor: '2026-01-01T00:30:00Z' },
  { type: 'calendar', unit: 'month', zone: 'Europe/Berlin', startDay: 28 },
] as const;
