import { randomUUID } from 'node:crypto';
import {
  copyTestDatabase,
  createLedgerLogins,
  createTestDatabase,
  ledgerCommand,
  LedgerProcess,
  logEnvironment,
  randomSpends,
  waitUntil,
  workloadSeed,
  type LedgerLogins,
  type TestDatabase,
} from '#libs/testing';
import {
  expectAllThatWasAcknowledged,
  expectHoldsAsSettled,
  expectRebuilt,
  expectVerified,
  type Doors,
} from './support/expect-restored';
import {
  liveOn,
  liveUntilBackup,
  type HoldsOfAlice,
  type ToldSince,
} from './support/life-of-a-ledger';

type App = 'ingest' | 'projector' | 'auth';

const SEED = workloadSeed();
const OLDER = 'This database is older than its log on Kafka';

describe(`a database that is a backup of before what its log holds (FC_SEED=${SEED})`, () => {
  const log = logEnvironment('Kafka');
  let live: TestDatabase;
  let backup: TestDatabase;
  let holds: HoldsOfAlice;
  let told: ToldSince;
  let db: TestDatabase;
  let server: TestDatabase;
  let logins: LedgerLogins | undefined;
  let started: LedgerProcess[] = [];

  beforeAll(async () => {
    [live, server] = [
      await createTestDatabase({ ledger: false }),
      await createTestDatabase({ ledger: false }),
    ];
    const first = await LedgerProcess.start({ env: envOf(live) });
    holds = await liveUntilBackup(first.http, SEED);
    await first.stop('SIGKILL');
    backup = await copyTestDatabase(live);
    const second = await LedgerProcess.start({ env: envOf(live) });
    told = await liveOn(second.http, SEED, holds);
    await second.stop('SIGKILL');
  });
  beforeEach(async () => {
    db = await copyTestDatabase(backup);
  });
  afterEach(async () => {
    for (const process of started) await process.stop('SIGKILL');
    started = [];
    await db.drop();
  });
  afterAll(async () => {
    await logins?.drop();
    await log.remove();
    await Promise.all([live, backup, server].map((each) => each.drop()));
  });

  it('records nothing where ingest starts first, and everything as it was once the projector has read the log', async () => {
    const ingest = await open('ingest');
    const { data, ...event } = told.spends[0]!;
    await waitUntil('it is noticed', () => ingest.output.includes(OLDER));
    expect(await ingest.http.record(data.scope, '1234.5', event)).toMatchObject({
      status: 503,
      body: { code: 'unavailable' },
    });
    expect(await ingest.http.setBudget('alice-100', 'user:alice', '1.00')).toMatchObject({
      status: 503,
    });
    expect(await ingest.http.get('/readyz')).toMatchObject({
      status: 503,
      body: { checks: { claims: { ready: false } } },
    });
    const commit = await ledgerCommand(envOf(db), 'corrections', 'commit', randomUUID());
    expect(commit).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^This database is older than its log/m) as string,
    });
    const projector = await open('projector');
    await expectRestored(await open('auth'), ingest);
    await expectRebuilt(envOf(db));
    expect(projector.output).toContain(OLDER);
  });

  it('makes the claims again where the projector starts first', async () => {
    const projector = await open('projector');
    await waitUntil('it has read the log', () => hasRead(db, told.position));
    expect(projector.output).toContain(OLDER);
    const ingest = await open('ingest');
    await ingest.ready();
    expect(ingest.output).not.toContain(OLDER);
    await expectRestored(await open('auth'), ingest);
  });

  it('settles no hold where auth starts first', async () => {
    const auth = await open('auth');
    for (const cost of ['3.00', '2.00']) {
      expect(await auth.http.settle(holds.settled, cost)).toMatchObject({
        status: 503,
        body: { code: 'unavailable' },
      });
    }
    const ingest = await open('ingest');
    await open('projector');
    await expectRestored(auth, ingest);
  });

  it('is refused by a projector that may not make claims, and closed by an ingest that may do its part alone', async () => {
    logins = await createLedgerLogins(db, server);
    const { urls } = logins;
    const ingest = await open('ingest', urls.ingest);
    await waitUntil('it is noticed', () => ingest.output.includes(OLDER));
    const env = { ...envOf(db), DATABASE_URL: urls.projector };
    expect(await LedgerProcess.refusal({ app: 'projector', env })).toMatchObject({
      code: 1,
      text: expect.stringMatching(
        /^This database is older than its log: it is a backup, and .* run the projector as the owner/,
      ) as string,
    });
    const owner = await open('projector');
    await ingest.ready();
    await owner.stop();
    await (await open('projector', urls.projector)).ready();
  });

  it('is one that a standalone notices, too', async () => {
    const standalone = await LedgerProcess.start({ env: envOf(db) });
    started.push(standalone);
    await expectRestored(standalone, standalone);
    expect(standalone.output).toContain(OLDER);
  });

  it('is no database of a ledger that was killed: that records on, with no projector at work', async () => {
    const standalone = await LedgerProcess.start({ env: envOf(db) });
    started.push(standalone);
    await standalone.stop('SIGKILL');
    const spends = randomSpends(20, SEED + 2);
    for (const round of ['first', 'again']) {
      const ingest = await open('ingest');
      await ingest.ready();
      for (const { data, ...event } of spends) {
        const recorded = await ingest.http.record(data.scope, data.amount, event);
        expect(recorded).toMatchObject({ status: round === 'first' ? 201 : 200 });
        const other = await ingest.http.record(data.scope, '1234.5', event);
        expect(other).toMatchObject({ status: 409, body: { onRecord: null } });
      }
      await ingest.stop('SIGKILL');
      expect(ingest.output).not.toContain(OLDER);
    }
  });

  async function expectRestored(auth: LedgerProcess, ingest: LedgerProcess): Promise<void> {
    await Promise.all([auth.ready(), ingest.ready()]);
    const doors: Doors = { auth: auth.http, ingest: ingest.http };
    await expectAllThatWasAcknowledged(doors, told);
    await expectHoldsAsSettled(doors, holds);
    await expectVerified(envOf(db));
  }

  async function open(app: App, url = db.url): Promise<LedgerProcess> {
    const opened = await LedgerProcess.open({ app, env: { ...envOf(db), DATABASE_URL: url } });
    started.push(opened);
    return opened;
  }

  function envOf({ url }: TestDatabase): Record<string, string> {
    const patience = { VISIBLE_WAIT: 'PT30S', APPLY_WAIT: 'PT30S', MAX_LAG: 'PT10M' };
    return { ...log.env, ...patience, DATABASE_URL: url };
  }
});

/** Whether the projection has everything up to a position. */
async function hasRead({ database }: TestDatabase, position: string): Promise<boolean> {
  const fences = await database.kysely
    .selectFrom('projection_partition')
    .select(['partition', 'next_offset'])
    .execute();
  const read = new Map(fences.map(({ partition, next_offset }) => [partition, next_offset]));
  return position.split(',').every((each) => {
    const [partition, offset] = each.split(':').map(Number) as [number, number];
    return read.get(partition)! >= BigInt(offset);
  });
}
