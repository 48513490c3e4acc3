import { randomInt, randomUUID } from 'node:crypto';
import type { Scope, Spend } from '#libs/ledger';
import { budgetRecord, projectionDifferences, propertyOptions, TEST_CURRENCY } from '#libs/testing';
import type { HoldOutcome } from '../../apps/auth/src/holds/hold-outcome';
import type { TakeRequest } from '../../apps/auth/src/holds/hold-request';
import type { Decision } from '../../apps/auth/src/decision';
import { scopesOf } from './support/places';
import { CALLER, RealParts } from './support/real-parts';

jest.setTimeout(600_000);

const ROUNDS = propertyOptions(12).numRuns;
const seed = propertyOptions(1).seed ?? randomInt(2 ** 31);
const LIMIT = 40n;
const FLUSHES = 12;

type Taken = Extract<HoldOutcome<Decision>, { outcome: 'taken' }>;

/** Everything at the same time; which of the orders it comes to is chance, and none of them may pass the limit. */
describe(`two auths, ingest, its relay and a projector at once (FC_SEED=${seed})`, () => {
  let real: RealParts;
  let state = seed;

  beforeAll(async () => {
    real = await RealParts.start('2026-04-27T10:00:00.25Z');
  });
  afterAll(() => real.stop());

  it('hold and spend together no more than there is, and in the end what was settled', async () => {
    for (let round = 1; round <= ROUNDS; round++) {
      const scopes = scopesOf(round);
      for (const account of [`team:ml-${round}`, `key:key-${round}`, `user:alice-${round}`]) {
        const limit = `0.${LIMIT.toString().padStart(12, '0')}`;
        const record = budgetRecord(account, 1, { account, limit });
        await real.append(record);
        await real.project(record.partition, 1000);
      }
      const working = new AbortController();
      const projecting = projectOn(working.signal);
      await Promise.all(
        Array.from({ length: FLUSHES }, (_, n) => holdAndSettle(n % 2, scopes, round)),
      );
      working.abort();
      await projecting;
      await drain();
      await expectWithin(round);
    }
    expect(await projectionDifferences(real.db.database)).toEqual([]);
  });

  it.each([
    ['with one body take one hold', () => 3n, ['taken', 'taken']],
    [
      'with two bodies take one, and the other is told',
      (n: number) => BigInt(n + 1),
      ['key_reused', 'taken'],
    ],
  ])('which use one idempotency key %s', async (_what, amountOf, expected) => {
    for (let round = 0; round < ROUNDS; round++) {
      const scopes = scopesOf(1000 + round);
      const key = randomUUID();
      const outcomes = await Promise.all(
        [0, 1].map(async (auth) => {
          // Other money, so that no lock keeps them apart.
          const scope = expected[0] === 'taken' ? scopes[4]! : scopes[auth === 0 ? 1 : 4]!;
          const request = take(scope, amountOf(auth), key);
          const [outcome] = await real.retried(auth, [request]);
          return outcome!;
        }),
      );
      expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual(expected);
      const holds = outcomes.flatMap((each) =>
        each.outcome === 'taken' ? [each.hold.holdId] : [],
      );
      expect(new Set(holds).size).toBe(1);
    }
  });

  /** A flush of holds; each that is granted is within the limits at that moment. Then it ends, one way or another. */
  async function holdAndSettle(auth: number, scopes: readonly Scope[], round: number) {
    const requests = Array.from({ length: 6 }, () =>
      take(scopes[random(scopes.length)]!, BigInt(random(6)), null),
    );
    const taken = (await real.flush(auth, requests)).filter(
      (outcome): outcome is Taken => outcome.outcome === 'taken',
    );
    for (const { hold, decision } of taken) {
      for (const { budget, spentPico, heldPico } of decision.budgets) {
        if (hold.amountPico === 0n) continue;
        expect([round, spentPico + heldPico + hold.amountPico <= budget.limitPico!]).toEqual([
          round,
          true,
        ]);
      }
    }
    await Promise.all(
      taken.map(async ({ hold }) => {
        const amountPico = BigInt(random(Number(hold.amountPico) + 1));
        const of = { caller: CALLER, holdId: hold.holdId };
        const cost = { basis: 'exact', amountPico } as const;
        const way = random(4);
        if (way === 0) await real.flush(auth, [{ kind: 'release', ...of }]);
        if (way === 1) await real.flush(auth, [{ kind: 'settle', ...of, time: undefined, cost }]);
        if (way === 2) await real.record(spendOf(hold.scope, amountPico, hold.holdId), false);
      }),
    );
  }

  async function projectOn(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await real.relay();
      for (let partition = 0; partition < 12; partition++) await real.project(partition, 3);
    }
  }

  async function drain(): Promise<void> {
    await real.relay();
    for (let partition = 0; partition < 12; partition++) await real.project(partition, 10_000);
  }

  /** All that was settled was held, so spent and held together are within each limit. */
  async function expectWithin(round: number): Promise<void> {
    const held = await real.held();
    for (const [account, spent] of await real.spent()) {
      if (!account.endsWith(`-${round}`) || account.startsWith('member')) continue;
      const total = spent + (held.get(account) ?? 0n);
      const isBudgeted = !account.startsWith('team:ops');
      expect([account, total >= 0n, !isBudgeted || total <= LIMIT]).toEqual([account, true, true]);
    }
    for (const [account, left] of held) expect([account, left >= 0n]).toEqual([account, true]);
  }

  function take(scope: Scope, amountPico: bigint, idempotencyKey: string | null): TakeRequest {
    return {
      kind: 'take',
      ...{ caller: CALLER, scope, amountPico, ttlSeconds: 600, requestId: null, idempotencyKey },
    };
  }

  function spendOf(scope: Scope, amountPico: bigint, holdId: string): Spend {
    const time = 1_777_284_000_000_000n;
    return {
      ...{ id: randomUUID(), source: 'gateway', time, scope, currency: TEST_CURRENCY },
      ...{ amountPico, basis: 'exact', holdId },
    };
  }

  /** Numerical Recipes' generator: the same numbers for the same seed. */
  function random(below: number): number {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  }
});
