import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import { formatMoney, picoOfDecimal } from '#libs/ledger';
import { SPEND_TYPE } from './http-ledger';
import { propertyOptions } from './property';

/** A spend as a gateway would report it. */
export interface Spend {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly time: string;
  readonly data: { readonly scope: TestScope; readonly amount: string };
}

export type TestScope =
  | { readonly type: 'key'; readonly keyId: string }
  | { readonly type: 'user'; readonly userId: string; readonly keyId?: string }
  | {
      readonly type: 'team';
      readonly teamId: string;
      readonly userId?: string;
      readonly keyId?: string;
    };

const oneOf = (name: string, count: number) => fc.nat(count - 1).map((n) => `${name}-${n}`);
const scope: fc.Arbitrary<TestScope> = fc.oneof(
  fc.record({ type: fc.constant('key' as const), keyId: oneOf('key', 6) }),
  fc.record(
    { type: fc.constant('user' as const), userId: oneOf('user', 8), keyId: oneOf('key', 6) },
    { requiredKeys: ['type', 'userId'] },
  ),
  fc.record(
    {
      type: fc.constant('team' as const),
      teamId: oneOf('team', 5),
      userId: oneOf('user', 8),
      keyId: oneOf('key', 6),
    },
    { requiredKeys: ['type', 'teamId'] },
  ),
);
/** Up to the smallest unit, so that a sum that went through a float would show. */
const amount = fc.bigInt({ min: 0n, max: 10n ** 16n }).map(formatMoney);

/** FC_SEED, or another one each time: say it in the name of the test that uses it. */
export function workloadSeed(): number {
  return propertyOptions(1).seed ?? randomInt(2 ** 31);
}

/** Spends of a few keys, users and teams, over many partitions; the same ones for the same seed. */
export function randomSpends(count: number, seed: number): Spend[] {
  const data = fc.sample(fc.record({ scope, amount }), { numRuns: count, seed });
  return data.map((item, n) => ({
    specversion: '1.0',
    id: `spend-${seed}-${n}`,
    source: 'test-gateway',
    type: SPEND_TYPE,
    time: '2026-04-27T10:00:00Z',
    data: item,
  }));
}

/** What each account must have spent: the rule of which scope feeds what, told a second time. */
export function balancesOf(spends: readonly Spend[]): Record<string, string> {
  const sums = new Map<string, bigint>();
  for (const { data } of spends) {
    for (const account of accountsFedBy(data.scope)) {
      sums.set(account, (sums.get(account) ?? 0n) + picoOfDecimal(data.amount));
    }
  }
  return Object.fromEntries([...sums].map(([account, pico]) => [account, formatMoney(pico)]));
}

function accountsFedBy(given: TestScope): string[] {
  const key = given.keyId === undefined ? [] : [`key:${given.keyId}`];
  if (given.type === 'key') return key;
  if (given.type === 'user') return [`user:${given.userId}`, ...key];
  const member = given.userId === undefined ? [] : [`member:${given.teamId}/${given.userId}`];
  return [`team:${given.teamId}`, ...member, ...key];
}
