import {
  balancesOf,
  createTestDatabase,
  HttpLedger,
  LedgerProcess,
  pauseInItsTransaction,
  positionOf,
  projectionDifferences,
  randomSpends,
  recordUntilAcknowledged,
  TEST_PARTITIONS,
  waitForShares,
  waitUntil,
  workloadSeed,
  type Answer,
  type Spend,
  type TestDatabase,
} from '#libs/testing';

/** A door that does not answer within this time is left for the other one. */
const PATIENCE_MS = 1_000;
const seed = workloadSeed();
const spends = randomSpends(360, seed);
const [BEFORE_KILL, BEFORE_PAUSE] = [120, 240];

describe(`two standalones on one database (FC_SEED=${seed})`, () => {
  let db: TestDatabase;
  let first: LedgerProcess;
  let second: LedgerProcess;
  const acknowledged: Answer[] = [];

  // A takeover may take the lease and the time that a transaction may idle; a read waits for it.
  const start = () => LedgerProcess.start({ env: { DATABASE_URL: db.url, VISIBLE_WAIT: 'PT20S' } });
  const doors = () => [first, second].map(({ httpUrl }) => new HttpLedger(httpUrl, PATIENCE_MS));

  beforeAll(async () => {
    db = await createTestDatabase({ ledger: false });
    // At one instant, on an empty database: one of them creates the ledger.
    [first, second] = await Promise.all([start(), start()]);
  });

  afterAll(async () => {
    for (const ledger of [first, second]) await ledger.stop('SIGKILL');
    await db.drop();
  });

  it('share the partitions evenly', expectEvenShares);

  it('take one of two contents under one id, and the same content from both', async () => {
    for (let n = 0; n < 20; n++) {
      const scope = { type: 'user', userId: `racer-${n}` };
      const race = (id: string, amounts: readonly string[]) =>
        Promise.all(
          [first, second].map(({ http }, at) =>
            http.record(scope, amounts[at], { id: `${id}-${n}` }),
          ),
        );
      const others = await race('other', ['1.00', '2.00']);
      const same = await race('same', ['4.00', '4']);
      expect(others.map(({ status }) => status).sort()).toEqual([201, 409]);
      expect(same.map(({ status }) => status).sort()).toEqual([200, 201]);
      const winner = others[0]!.status === 201 ? '5.00' : '6.00';
      const { body } = await second.http.balance(`user:racer-${n}`, positionOf(same));
      expect(body.spentAllTime).toBe(winner);
    }
  });

  it('lose and double nothing when one is killed and another one takes its place', async () => {
    const sending = send(spends.slice(0, BEFORE_KILL));
    await waitUntil('a part is recorded', () => acknowledged.length > BEFORE_KILL / 4);
    await first.stop('SIGKILL');
    await sending;
    first = await start();
    await expectEvenShares();
    await expectBalances(spends.slice(0, BEFORE_KILL));
  });

  it('let one that sleeps in the middle of its transaction hold nobody up, and write nothing', async () => {
    const late = spends.slice(BEFORE_KILL, BEFORE_PAUSE);
    await pauseInItsTransaction(db.database, first, late, async (spend) => {
      acknowledged.push(await recordUntilAcknowledged(spend, () => second.http));
    });
    await send(late);
    await waitForShares(db.database, new Map([[second, TEST_PARTITIONS]]));
    await expectBalances(spends.slice(0, BEFORE_PAUSE), [second]);
    first.child.kill('SIGCONT');
    await first.ready();
    await expectEvenShares();
    await expectBalances(spends.slice(0, BEFORE_PAUSE));
  });

  it('answer the same at equal positions', async () => {
    await send(spends.slice(BEFORE_PAUSE));
    await expectBalances(spends);
    const scope = { type: 'team', teamId: 'team-1', userId: 'user-1', keyId: 'key-1' };
    const budget = await first.http.setBudget('team-1-total', 'team:team-1', '0.01');
    expect(budget.body.applied).toBe(true);
    const minPosition = budget.body.position as string;
    const [one, other] = await Promise.all(
      doors().map(async (door) => (await door.check(scope, { minPosition })).body),
    );
    expect(one).toMatchObject({ allowed: false, blockedBy: 'team-1-total' });
    expect(timeless(one)).toEqual(timeless(other));
  });

  /** Each spend to one of the doors, every third one to both. */
  async function send(batch: readonly Spend[]): Promise<void> {
    for (let from = 0; from < batch.length; from += 20) {
      const chunk = batch
        .slice(from, from + 20)
        .flatMap((spend, n) =>
          (n % 3 === 0 ? [0, 1] : [n]).map((door) =>
            recordUntilAcknowledged(spend, (attempt) => doors()[(door + attempt) % 2]!),
          ),
        );
      acknowledged.push(...(await Promise.all(chunk)));
    }
  }

  async function expectBalances(recorded: readonly Spend[], at = [first, second]): Promise<void> {
    const minPosition = positionOf(acknowledged);
    for (const { http } of at) {
      for (const [account, spent] of Object.entries(balancesOf(recorded))) {
        const { body } = await http.balance(account, minPosition);
        expect([account, body.spentAllTime]).toEqual([account, spent]);
      }
    }
    expect(await projectionDifferences(db.database)).toEqual([]);
  }

  function expectEvenShares(): Promise<void> {
    const half = TEST_PARTITIONS / 2;
    return waitForShares(
      db.database,
      new Map([
        [first, half],
        [second, half],
      ]),
    );
  }
});

/** What two processes must agree on. */
function timeless(decision: Record<string, unknown>): Record<string, unknown> {
  const { decidedAt: _decidedAt, asOf: _asOf, lagMs: _lagMs, ...rest } = decision;
  return rest;
}
