import fc from 'fast-check';
import { propertyOptions } from '#libs/testing';
import { parseAccount, formatAccount, type Account } from './account';
import { parseBudget } from './budget';
import { decide, judge } from './decide';
import { earliestPass, type HeldUntil } from './earliest-pass';
import type { BudgetState } from './judgement';

const account = (name: string) => (parseAccount(name, '') as { value: Account }).value;

interface Given {
  readonly budgetId?: string;
  readonly account?: string;
  readonly limit: bigint | null;
  readonly spent?: bigint;
  readonly held?: bigint;
  readonly end?: bigint | null;
  readonly enforce?: boolean;
}

function stateOf({ budgetId = 'b', limit, end = null, ...given }: Given): BudgetState {
  const name = given.account ?? 'user:alice';
  const settings = { account: name, limit: '1', window: { type: 'total' }, enforce: given.enforce };
  const read = parseBudget(budgetId, JSON.parse(JSON.stringify(settings)));
  if (!read.ok) throw new Error(JSON.stringify(read.errors));
  return {
    budget: { ...read.value, limitPico: limit },
    account: account(name),
    window: { start: null, end },
    spentPico: given.spent ?? 0n,
    heldPico: given.held ?? 0n,
  };
}

const until = (...pairs: readonly (readonly [at: bigint, amount: bigint])[]): HeldUntil[] =>
  pairs.map(([at, amountPico]) => ({ at, amountPico }));
const passOf = (given: readonly Given[], estimate: bigint | undefined, expiries: HeldUntil[]) =>
  earliestPass(
    given.map((each) => judge(stateOf(each), estimate)),
    estimate,
    () => expiries,
  );

describe('the earliest instant at which the same request could pass', () => {
  it.each<[string, Given, bigint | undefined, HeldUntil[], bigint | null]>([
    [
      'the expiry of the hold that frees enough',
      { limit: 10n, held: 10n, end: 100n },
      4n,
      until([5n, 2n], [7n, 2n], [9n, 6n]),
      7n,
    ],
    [
      'the first one, of an unknown cost',
      { limit: 10n, held: 10n, end: 100n },
      undefined,
      until([5n, 2n], [7n, 8n]),
      5n,
    ],
    [
      'the end of the window, where it is before that',
      { limit: 10n, spent: 6n, held: 4n, end: 6n },
      6n,
      until([5n, 2n], [7n, 2n]),
      6n,
    ],
    [
      'the end of the window, where nothing is held',
      { limit: 10n, spent: 10n, end: 100n },
      1n,
      [],
      100n,
    ],
    [
      'an expiry after the end, for what is held lives on',
      { limit: 10n, spent: 2n, held: 8n, end: 6n },
      9n,
      until([7n, 4n], [9n, 4n]),
      9n,
    ],
    [
      'the end, where an expiry is at that instant',
      { limit: 10n, spent: 5n, held: 5n, end: 7n },
      10n,
      until([7n, 5n]),
      7n,
    ],
    [
      'an expiry of a window that never ends',
      { limit: 10n, spent: 4n, held: 6n },
      1n,
      until([7n, 6n]),
      7n,
    ],
    [
      'none, where the window never ends and too much is spent',
      { limit: 10n, spent: 10n, held: 5n },
      1n,
      until([7n, 5n]),
      null,
    ],
    [
      'none, where the estimate is above the limit',
      { limit: 10n, held: 5n, end: 100n },
      11n,
      until([7n, 5n]),
      null,
    ],
    ['none, where the limit is nothing', { limit: 0n, end: 100n }, undefined, [], null],
    [
      'the end, where what is held is being settled',
      { limit: 10n, held: 10n, end: 100n },
      1n,
      [],
      100n,
    ],
    [
      'none, where it is being settled and the window never ends',
      { limit: 10n, held: 10n },
      1n,
      [],
      null,
    ],
  ])('is %s', (_what, given, estimate, expiries, expected) => {
    expect(passOf([given], estimate, expiries)).toBe(expected);
  });

  it('is the last of several budgets, and none where one never passes', () => {
    const soon = { budgetId: 'soon', limit: 10n, held: 10n, end: 100n };
    const later = { budgetId: 'later', limit: 12n, spent: 12n, end: 50n };
    const never = { budgetId: 'never', limit: 0n };
    const shadow = { budgetId: 'shadow', limit: 0n, enforce: false };
    const expiries = until([5n, 10n]);
    expect(passOf([soon, shadow], 1n, expiries)).toBe(5n);
    expect(passOf([later, soon], 1n, expiries)).toBe(50n);
    expect(passOf([soon, never], 1n, expiries)).toBeNull();
  });

  const END = 12n;
  const small = fc.bigInt(0n, 6n);
  const expiriesOfOne = fc
    .uniqueArray(fc.tuple(fc.bigInt(1n, 20n), fc.bigInt(1n, 4n)), {
      selector: ([at]) => at,
      maxLength: 5,
    })
    .map((pairs) => until(...pairs.sort(([a], [b]) => (a < b ? -1 : 1))));
  const budgets = fc.array(
    fc.record({
      account: fc.constantFrom('user:alice', 'key:k'),
      limit: fc.option(fc.bigInt(0n, 16n)),
      spent: fc.bigInt(0n, 12n),
      end: fc.option(fc.bigInt(1n, END)),
      enforce: fc.boolean(),
    }),
    { minLength: 1, maxLength: 4 },
  );

  it('is where a ledger that is simulated instant by instant first allows it', () => {
    fc.assert(
      fc.property(
        budgets,
        fc.option(small, { nil: undefined }),
        fc.record({ 'user:alice': expiriesOfOne, 'key:k': expiriesOfOne }),
        fc.record({ 'user:alice': small, 'key:k': small }),
        (given, estimatePico, expiries, settling) => {
          type Name = keyof typeof expiries;
          const terms = { estimatePico, behind: false, unbudgeted: 'allow' } as const;
          const allowsAt = (now: bigint) => {
            const states = given.map((each, n) => {
              const name = each.account;
              const hasTurned = each.end !== null && now >= each.end;
              const held = expiries[name].reduce(
                (sum, { at, amountPico }) => (at > now ? sum + amountPico : sum),
                0n,
              );
              return stateOf({
                ...each,
                budgetId: `b${n}`,
                spent: hasTurned ? 0n : each.spent,
                held: held + (hasTurned ? 0n : settling[name]),
              });
            });
            return decide(states, terms);
          };
          const first = allowsAt(0n);
          fc.pre(!first.allowed);
          const earliest = earliestPass(
            first.budgets,
            estimatePico,
            (of) => expiries[formatAccount(of) as Name],
          );
          const instants = Array.from({ length: 40 }, (_, now) => BigInt(now));
          expect(earliest).toBe(instants.find((now) => allowsAt(now).allowed) ?? null);
        },
      ),
      propertyOptions(500),
    );
  });
});
