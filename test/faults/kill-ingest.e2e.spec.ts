import { sql } from 'kysely';
import {
  balancesOf,
  createTestDatabase,
  freePort,
  LedgerProcess,
  positionOf,
  projectionDifferences,
  randomSpends,
  recordUntilAcknowledged,
  waitUntil,
  workloadSeed,
  type Answer,
  type TestDatabase,
} from '#libs/testing';

const IN_FLIGHT = 60;
const seed = workloadSeed();
const spends = randomSpends(600, seed);
/** After how many acknowledgements ingest is killed. */
const KILLS = [60, 200, 350];

describe(`kill -9 of ingest in a stream of records (FC_SEED=${seed})`, () => {
  let db: TestDatabase;
  let ingest: LedgerProcess;
  let projector: LedgerProcess;
  let ports: { HTTP_PORT: string; GRPC_PORT: string };
  const acknowledged: Answer[] = [];
  const retried = new Set<string>();

  const startIngest = () =>
    LedgerProcess.openReady({ app: 'ingest', env: { DATABASE_URL: db.url, ...ports } });

  beforeAll(async () => {
    db = await createTestDatabase();
    ports = { HTTP_PORT: String(await freePort()), GRPC_PORT: String(await freePort()) };
    const env = { DATABASE_URL: db.url };
    [ingest, projector] = await Promise.all([
      startIngest(),
      LedgerProcess.openReady({ app: 'projector', env }),
    ]);
  });

  afterAll(async () => {
    for (const app of [ingest, projector]) await app.stop();
    await db.drop();
  });

  it('records everything once when the client repeats what was not answered', async () => {
    const stream = sendAll();
    for (const count of KILLS) {
      await waitUntil(`${count} are acknowledged`, () => acknowledged.length >= count);
      await killBetweenClaimAndAppend(count === KILLS[1]);
      ingest = await startIngest();
    }
    await stream;

    expect(retried.size).toBeGreaterThan(0);
    expect(acknowledged).toHaveLength(spends.length);
    await waitUntil('the projection has the whole log', isProjected);
    expect(await countOf('spend_event')).toBe(spends.length);
    expect(await projectionDifferences(db.database)).toEqual([]);
    await expectBalances();
  });

  it('leaves no claim without its event, also of changes that nobody repeats', async () => {
    await waitUntil('the outbox is empty', async () => (await countOf('outbox')) === 0);
    await waitUntil('the projection has the whole log', isProjected);
    const revisions = await countOf('budget_revision');
    expect(revisions).toBeGreaterThan(0);
    expect(await countOf('event_claim')).toBe(spends.length + revisions);
  });

  /** So many at a time, each repeated until it is acknowledged. */
  async function sendAll(): Promise<void> {
    const waiting = spends.values();
    const sender = async () => {
      for (const spend of waiting) {
        const answer = await recordUntilAcknowledged(spend, (attempt) => {
          if (attempt > 0) retried.add(spend.id);
          return ingest.http;
        });
        acknowledged.push(answer);
      }
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, sender));
  }

  /**
   * Ids and revisions are claimed, the log does not have them yet. Postgres finishes a statement whose client has died,
   * so that they are recorded though nobody was told, unless the statement is lost, too.
   */
  async function killBetweenClaimAndAppend(loseAppends: boolean): Promise<void> {
    await db.database.kysely.transaction().execute(async (trx) => {
      await sql`lock table log_partition in exclusive mode`.execute(trx);
      const changes = changeBudgets();
      await waitUntil('claims wait for the log', async () => {
        return (await countOf('outbox')) > 0 && (await waitingAppends()).length > 1;
      });
      await ingest.stop('SIGKILL');
      await changes;
      if (!loseAppends) return;
      for (const pid of await waitingAppends())
        await sql`select pg_terminate_backend(${pid})`.execute(trx);
    });
  }

  /** What becomes of them, nobody hears. */
  async function changeBudgets(): Promise<void> {
    const { http } = ingest;
    await Promise.allSettled(
      Array.from({ length: 20 }, (_, n) => http.setBudget(`budget-${n}`, 'user:user-1', '1.00')),
    );
  }

  /** Their backends' process ids. */
  async function waitingAppends(): Promise<number[]> {
    const { rows } = await sql<{ pid: number }>`
      select pid from pg_locks
      where not granted and relation = 'log_partition'::regclass`.execute(db.database.kysely);
    return rows.map(({ pid }) => pid);
  }

  async function expectBalances(): Promise<void> {
    const auth = await LedgerProcess.openReady({ app: 'auth', env: { DATABASE_URL: db.url } });
    for (const [account, spent] of Object.entries(balancesOf(spends))) {
      const { body } = await auth.http.balance(account, positionOf(acknowledged));
      expect([account, body.spentAllTime]).toEqual([account, spent]);
    }
    await auth.stop();
  }

  async function isProjected(): Promise<boolean> {
    const { rows } = await sql`
      select from projection_partition join log_partition using (partition)
      where next_offset <> end_offset`.execute(db.database.kysely);
    return rows.length === 0;
  }

  async function countOf(table: string): Promise<number> {
    const { rows } = await sql<{ count: bigint }>`
      select count(*) from ${sql.table(table)}`.execute(db.database.kysely);
    return Number(rows[0]!.count);
  }
});
