import { randomInt } from 'node:crypto';
import { sql } from 'kysely';
import { formatMoney, type Labels } from '#libs/ledger';
import { budgetRecord, propertyOptions } from '#libs/testing';
import type { HoldOutcome } from '../../apps/auth/src/holds/hold-outcome';
import { Desks } from './support/desks';
import { scopesOf } from './support/places';
import { RealParts } from './support/real-parts';
import { extend, release, settle, spendFor, take } from './support/requests';

jest.setTimeout(600_000);

const ROUNDS = propertyOptions(4).numRuns;
const seed = propertyOptions().seed ?? randomInt(2 ** 31);
const AUTHS = 4;
const CALLS = 80;
const PARTITIONS = Array.from({ length: 12 }, (_, partition) => partition);
const LIMITED = [
  'ledger',
  'label:org/a',
  'label:org/b',
  'label:env/x',
  'person:alice-0',
  'person:bob-0',
];

type Taken = Extract<HoldOutcome, { outcome: 'taken' }>;

/** Orders of scopes and labels are drawn so that they cross; FC_SEED says what is asked, FC_RUNS how many rounds. */
describe(`holds of four auths and settles of two ingests over the same pools (FC_SEED=${seed})`, () => {
  let real: RealParts;
  let desks: Desks;
  let state = seed;
  let revision = 0;

  beforeAll(async () => {
    real = await RealParts.start('2026-04-27T10:00:00.25Z');
    desks = Desks.open(real.db, AUTHS);
  });
  afterAll(async () => {
    await desks.close();
    await real.stop();
  });

  it('never wait for each other crosswise while limits come and go, and come to what is held', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const done = new AbortController();
      const working = work(done.signal);
      await Promise.all(Array.from({ length: CALLS }, call)).finally(() => done.abort());
      await working;
      await drain();
      expect(await real.heldOtherwise()).toEqual([]);
    }
    const { rows } = await sql<{ deadlocks: number }>`
      select deadlocks::int from pg_stat_database where datname = current_database()`.execute(
      real.db.database.kysely,
    );
    expect(rows).toEqual([{ deadlocks: 0 }]);
  });

  async function call(): Promise<void> {
    const outcome = await desks.submit(random(AUTHS), take(any(scopesOf(0)), 3n, null, labels()));
    if (outcome.outcome === 'taken') await end(outcome);
  }

  async function end({ hold }: Taken): Promise<void> {
    const { holdId, scope, createdAt } = hold;
    const auth = random(AUTHS);
    const spend = () => spendFor(scope, holdId, 2n, createdAt, any([undefined, hold.labels]));
    await any([
      () => desks.submit(auth, settle(holdId, 2n)),
      () => desks.submit(auth, release(holdId)),
      () => desks.submit(auth, extend(holdId, 5n)),
      () => real.record(spend(), 'never'),
      () => Promise.all([real.record(spend(), 'never'), real.record(spend(), 'never')]),
    ])();
  }

  /** Budgets are set and removed, and everything is projected, while the calls go on. */
  async function work(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const account = any(LIMITED);
      revision += 1;
      const settings = random(3) === 0 ? null : { account, limit: formatMoney(BigInt(random(60))) };
      const budgetId = account.replace('/', '-');
      await real.append(budgetRecord(budgetId, revision, settings));
      await real.relay(5, 'never');
      for (const partition of PARTITIONS) await real.project(partition, 5);
    }
  }

  async function drain(): Promise<void> {
    for (let n = 0; n < 2; n++) await real.relay(10_000, 'never');
    for (const partition of PARTITIONS) await real.project(partition, 10_000);
  }

  function labels(): Labels | undefined {
    return any([
      undefined,
      new Map([['org', 'a']]),
      new Map([
        ['env', 'x'],
        ['org', 'b'],
      ]),
      new Map([
        ['env', 'x'],
        ['org', 'a'],
        ['project', `p-${random(3)}`],
      ]),
    ]);
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
