import { randomInt } from 'node:crypto';
import { formatMoney, nameOfJudged, type Instant, type Labels, type Scope } from '#libs/ledger';
import { budgetRecord, projectionDifferences, propertyOptions } from '#libs/testing';
import type { HoldOutcome } from '../../apps/auth/src/holds/hold-outcome';
import type { TakeRequest } from '../../apps/auth/src/holds/hold-request';
import { Desks } from './support/desks';
import { scopesOf } from './support/places';
import { RealParts } from './support/real-parts';
import { extend, release, settle, spendFor, take } from './support/requests';

jest.setTimeout(600_000);

const ROUNDS = propertyOptions(6).numRuns;
const seed = propertyOptions().seed ?? randomInt(2 ** 31);
const LIMIT = 90n;
const AUTHS = 3;
const PARTITIONS = Array.from({ length: 12 }, (_, partition) => partition);

/** What a spend says beside the labels of its hold; in the order of names. */
const SESSION = ['session', 's-1'] as const;

type Taken = Extract<HoldOutcome, { outcome: 'taken' }>;

type Way = () => Promise<unknown>;

/** What one grant saw of an account, and what it took. */
interface Grant {
  readonly before: bigint;
  readonly amount: bigint;
  readonly at: Instant;
}

/** Which order everything comes to is chance; FC_SEED says what is asked, FC_RUNS how many rounds. */
describe(`three auths, ingest, its relay and a projector at once (FC_SEED=${seed})`, () => {
  let real: RealParts;
  let desks: Desks;
  let state = seed;
  let labelled: readonly (Labels | undefined)[] = [undefined];

  beforeAll(async () => {
    real = await RealParts.start('2026-04-27T10:00:00.25Z');
    desks = Desks.open(real.db, AUTHS);
  });
  afterAll(async () => {
    await desks.close();
    await real.stop();
  });

  it('grant one after the other, never beyond a limit, and come to what was settled', async () => {
    for (let round = 1; round <= ROUNDS; round++) {
      const scopes = scopesOf(round);
      labelled = labelsOf(round);
      const budgeted = [`team:ml-${round}`, `key:key-${round}`, `user:alice-${round}`];
      const gated = [`person:alice-${round}`, `label:org/acme-${round}`];
      for (const account of [...budgeted, ...gated]) await setLimit(account);
      const first = await together(() =>
        scopes.map((scope) => ask(take(scope, 3n, null, any(labelled)))),
      );
      const granted = await together(() => [
        ...first.flatMap(endAtItsAmount),
        ...Array.from({ length: 60 }, () =>
          ask(take(any(scopes), BigInt(random(6)), null, any(labelled))),
        ),
      ]);
      for (const account of [...budgeted, ...gated]) {
        expectOneAfterTheOther(account, first, granted);
      }
      await together(() => [
        ...granted.flatMap(endSomehow),
        ...Array.from({ length: 20 }, () =>
          ask(take(any(scopes), BigInt(random(6)), null, any(labelled))),
        ),
      ]);
      await drain();
      await expectWithin([...budgeted, ...gated]);
      const leaving = await together(() =>
        Array.from({ length: 20 }, () => ask(takeToLeave(scopes))),
      );
      await real.clock.advance(2_000_000n);
      await together(() => [
        ...Array.from({ length: 6 }, (_, n) => real.expire(n % 2, 7).then(() => undefined)),
        ...leaving.flatMap(endLate),
      ]);
      await drain();
      await expectWithin([...budgeted, ...gated]);
    }
    expect(await projectionDifferences(real.db.database)).toEqual([]);
  });

  /** While all is asked, a relay and a projector work, and the clock goes on, at times a little back. */
  async function together(ask: () => Promise<Taken | undefined>[]): Promise<Taken[]> {
    const done = new AbortController();
    const working = work(done.signal);
    const taken = await Promise.all(ask()).finally(() => done.abort());
    await working;
    return taken.filter((each) => each !== undefined);
  }

  async function work(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await real.clock.advance(BigInt(random(5000) - 1000));
      await real.relay(3, 'never');
      for (const partition of PARTITIONS) await real.project(partition, 3);
    }
  }

  async function ask(request: Parameters<Desks['submit']>[1]): Promise<Taken | undefined> {
    const outcome = await desks.submit(random(AUTHS), request);
    return outcome.outcome === 'taken' ? outcome : undefined;
  }

  /** By a settle or a spend; what is spent and held together stays as it is, whatever is projected meanwhile. */
  function endAtItsAmount({ hold }: Taken): Promise<undefined>[] {
    const { holdId, scope, labels, amountPico, createdAt } = hold;
    const spend = spendFor(scope, holdId, amountPico, createdAt, any([undefined, labels]));
    return [
      random(2) === 0
        ? real.record(spend, 'never').then(() => undefined)
        : ask(settle(holdId, amountPico)).then(() => undefined),
    ];
  }

  /** At no more than was held; some in two ways at the same time. */
  function endSomehow({ hold }: Taken): Promise<undefined>[] {
    const { holdId, scope, labels, amountPico, createdAt } = hold;
    const cost = BigInt(random(Number(amountPico) + 1));
    const said = random(2) === 0 ? undefined : new Map([...(labels ?? []), SESSION]);
    const none: Way[] = [
      () => ask(extend(holdId, amountPico + BigInt(random(4)))),
      () => Promise.resolve(),
    ];
    const ends: Way[] = [() => ask(release(holdId)), () => ask(settle(holdId, cost))];
    const spends: Way[] = [
      () => real.record(spendFor(scope, holdId, cost, createdAt, said), 'never'),
    ];
    // A spend that finds its hold ended is bounded by nothing, so it meets none of what ends one.
    const [some, others] = any([
      [ends, [...ends, ...none]],
      [spends, none],
      [none, none],
    ] as const);
    return [any(some), any(others)].map((way) => way().then(() => undefined));
  }

  function takeToLeave(scopes: readonly Scope[]): TakeRequest {
    const onExpiry = any(['charge', 'unknown'] as const);
    const request = take(any(scopes), BigInt(random(6)), null, any(labelled));
    return { ...request, ttlSeconds: 1, onExpiry };
  }

  /** At no more than was held, at one door, or at both, or never. */
  function endLate({ hold }: Taken): Promise<undefined>[] {
    const { holdId, scope, amountPico, createdAt } = hold;
    const cost = BigInt(random(Number(amountPico) + 1));
    const bySettle = () => ask(settle(holdId, cost)).then(() => undefined);
    const bySpend = () =>
      real.record(spendFor(scope, holdId, cost, createdAt), 'never').then(() => undefined);
    return any([[bySettle], [bySpend], [bySettle, bySettle], []]).map((way) => way());
  }

  /** Each grant has seen what those before it took, all of it and nothing else. */
  function expectOneAfterTheOther(account: string, first: Taken[], granted: Taken[]): void {
    const base = first.flatMap((each) => grantOn(account, each) ?? []);
    const grants = granted.flatMap((each) => grantOn(account, each) ?? []);
    const inOrder = grants
      .filter(({ amount }) => amount > 0n)
      .sort((a, b) => Number(a.before - b.before));
    expect([account, grants.length > 0]).toEqual([account, true]);
    let total = base.reduce((sum, { amount }) => sum + amount, 0n);
    let last = 0n;
    for (const { before, amount, at } of inOrder) {
      expect([account, before, at >= last]).toEqual([account, total, true]);
      total += amount;
      last = at;
    }
    expect([account, total <= LIMIT]).toEqual([account, true]);
  }

  function grantOn(account: string, { hold, decision }: Taken): Grant | undefined {
    const seen = decision.budgets.find((each) => nameOfJudged(each) === account);
    if (!seen) return undefined;
    const before = seen.spentPico + seen.heldPico;
    return { before, amount: hold.amountPico, at: decision.decidedAt };
  }

  async function drain(): Promise<void> {
    while ((await real.expire(0, 100))!.length > 0);
    // A correction goes after what it corrects.
    for (let n = 0; n < 2; n++) await real.relay(1000, 'never');
    for (const partition of PARTITIONS) await real.project(partition, 10_000);
    expect(await real.underWay()).toEqual({ outbox: 0, settling: 0 });
  }

  async function expectWithin(accounts: readonly string[]): Promise<void> {
    expect(await real.heldOtherwise()).toEqual([]);
    const [spent, held] = [await real.spent(), await real.held()];
    const totals = accounts.map(
      (account) => [account, (spent.get(account) ?? 0n) + (held.get(account) ?? 0n)] as const,
    );
    expect(totals.filter(([, total]) => total > LIMIT)).toEqual([]);
  }

  async function setLimit(account: string): Promise<void> {
    const record = budgetRecord(account.replace('/', '-'), 1, {
      account,
      limit: formatMoney(LIMIT),
    });
    await real.append(record);
    await real.project(record.partition, 1000);
  }

  /** Of two orgs, one of which has a limit, and of none; in whatever order locks of them are taken. */
  function labelsOf(round: number): readonly (Labels | undefined)[] {
    return [
      undefined,
      new Map([['org', `acme-${round}`]]),
      new Map([
        ['env', 'prod'],
        ['org', `acme-${round}`],
      ]),
      new Map([['org', `beta-${round}`]]),
    ];
  }

  function any<T>(all: readonly T[]): T {
    return all[random(all.length)]!;
  }

  /** Numerical Recipes' generator: the same numbers for the same seed. */
  function random(below: number): number {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  }
});
