import { sql } from 'kysely';
import {
  balancesOf,
  createTestDatabase,
  HttpLedger,
  LedgerProcess,
  logEnvironment,
  partitionsReadBy,
  pauseInItsTransaction,
  positionOf,
  projectionDifferences,
  randomSpends,
  recordUntilAcknowledged,
  TEST_PARTITIONS,
  waitUntil,
  workloadSeed,
  type Answer,
  type Spend,
  type TestDatabase,
} from '#libs/testing';

/** A door that does not answer within this time is left for the other one. */
const PATIENCE_MS = 2_000;
const seed = workloadSeed();
const spends = randomSpends(600, seed);
const parts = Array.from({ length: 5 }, (_, n) => spends.slice(n * 120, (n + 1) * 120));

describe(`two ingests, three projectors and two auths on Kafka (FC_SEED=${seed})`, () => {
  const log = logEnvironment('Kafka');
  let db: TestDatabase;
  let ingests: LedgerProcess[];
  let projectors: LedgerProcess[];
  let auths: LedgerProcess[];
  const acknowledged: Answer[] = [];
  const recorded: Spend[] = [];

  const start = (app: 'ingest' | 'projector' | 'auth') =>
    LedgerProcess.openReady({
      app,
      env: { DATABASE_URL: db.url, VISIBLE_WAIT: 'PT40S', DATABASE_CONNECTIONS: '6', ...log.env },
    });

  beforeAll(async () => {
    db = await createTestDatabase({ ledger: false });
    ingests = await Promise.all([start('ingest'), start('ingest')]);
    projectors = await Promise.all([start('projector'), start('projector'), start('projector')]);
    auths = await Promise.all([start('auth'), start('auth')]);
  });

  afterAll(async () => {
    for (const app of [...ingests, ...projectors, ...auths]) await app.stop('SIGKILL');
    await log.remove();
    await db.drop();
  });

  it('share the partitions evenly', () => untilShared(4, 4, 4));

  it('lose and double nothing when one of each is killed', async () => {
    const sending = send(parts[0]!);
    await waitUntil('a part is recorded', () => acknowledged.length > 30);
    await Promise.all([ingests[0]!, projectors[0]!, auths[0]!].map((app) => app.stop('SIGKILL')));
    await sending;
    [ingests[0], projectors[0], auths[0]] = [
      await start('ingest'),
      await start('projector'),
      await start('auth'),
    ];
    await untilShared(4, 4, 4);
    await expectBalances();
  });

  it('let a projector that slept past its session, its records in hand, write nothing', async () => {
    const sleeper = projectors[1]!;
    await pauseInItsTransaction(db.database, sleeper, parts[1]!, async (spend) => {
      acknowledged.push(await recordUntilAcknowledged(spend, () => ingests[0]!.http));
    });
    await send(parts[1]!);
    await waitUntil('the others have its partitions', () => sharesAre([6, 6], others(sleeper)));
    await expectBalances();
    sleeper.child.kill('SIGCONT');
    await untilShared(4, 4, 4);
    await expectBalances();
  });

  it('record once what an ingest had under way when it fell asleep', async () => {
    const sending = send(parts[2]!);
    await waitUntil('a part is recorded', () => acknowledged.length > recorded.length - 90);
    ingests[1]!.child.kill('SIGSTOP');
    await sending;
    ingests[1]!.child.kill('SIGCONT');
    await ingests[1]!.ready();
    await expectBalances();
  });

  it('share anew when a projector leaves, and when one comes', async () => {
    const sending = send(parts[3]!);
    const leaver = projectors.pop()!;
    expect(await leaver.stop()).toBe(0);
    await untilShared(6, 6);
    projectors.push(await start('projector'), await start('projector'));
    await untilShared(3, 3, 3, 3);
    await sending;
    await expectBalances();
  });

  it('are all ready at the end, and agree on every balance', async () => {
    await send(parts[4]!);
    for (const app of [...ingests, ...projectors, ...auths]) await app.ready();
    await expectBalances();
    const { rows } = await sql<{ count: bigint }>`select count(*) from spend_event`.execute(
      db.database.kysely,
    );
    expect(rows).toEqual([{ count: BigInt(spends.length) }]);
    const { body } = await projectors[0]!.http.get('/readyz');
    expect(body.checks.projection.facts).toMatchObject({ halted: [] });
    expect(body.checks.kafka).toEqual({ ready: true });
  });

  /** Each spend to one of the ingests, every third one to both. */
  async function send(batch: readonly Spend[]): Promise<void> {
    recorded.push(...batch);
    const doors = () => ingests.map(({ httpUrl }) => new HttpLedger(httpUrl, PATIENCE_MS));
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

  async function expectBalances(): Promise<void> {
    const minPosition = positionOf(acknowledged);
    for (const { http } of auths) {
      for (const [account, spent] of Object.entries(balancesOf(recorded))) {
        const { status, body } = await http.balance(account, minPosition);
        expect([status, account, body.spentAllTime]).toEqual([200, account, spent]);
      }
    }
    expect(await projectionDifferences(db.database)).toEqual([]);
  }

  function others(sleeper: LedgerProcess): LedgerProcess[] {
    return projectors.filter((each) => each !== sleeper);
  }

  async function sharesAre(counts: readonly number[], of = projectors): Promise<boolean> {
    const held = await Promise.all(of.map(partitionsReadBy));
    return (
      new Set(held.flat()).size === TEST_PARTITIONS &&
      held.map(({ length }) => length).join() === counts.join()
    );
  }

  function untilShared(...counts: readonly number[]): Promise<void> {
    return waitUntil(`shared ${counts.join()}`, () => sharesAre(counts));
  }
});
