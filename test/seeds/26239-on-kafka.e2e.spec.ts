import {
  createTestDatabase,
  LedgerProcess,
  logEnvironment,
  type ProcessSettings,
  type TestDatabase,
} from '#libs/testing';
import { dropProjection, expectTheTruth, replayReport, TEAM } from './support/report-26239';

jest.setTimeout(120_000);

type App = 'ingest' | 'projector' | 'auth';
const APPS: readonly App[] = ['ingest', 'projector', 'auth'];

describe('#26239 on Kafka, in three processes: team spend never reaches the personal balance', () => {
  const log = logEnvironment('Kafka');
  const running = new Map<App, LedgerProcess>();
  let db: TestDatabase;
  let position: string;

  // A killed projector keeps its partitions until the group has missed it; a read waits for its successor.
  const start = async (...apps: readonly App[]) => {
    const env = { DATABASE_URL: db.url, VISIBLE_WAIT: 'PT30S', ...log.env };
    const settings = (app: App): ProcessSettings => ({ app, env, readyWaitMs: 60_000 });
    await Promise.all(
      apps.map(async (app) => running.set(app, await LedgerProcess.openReady(settings(app)))),
    );
  };
  const end = (signal: NodeJS.Signals, ...apps: readonly App[]) =>
    Promise.all(apps.map((app) => running.get(app)!.stop(signal)));
  const http = (app: App) => running.get(app)!.http;

  beforeAll(async () => {
    db = await createTestDatabase({ ledger: false });
    // At one instant, on an empty database: one of them creates the ledger and its topics.
    await start(...APPS);
    position = await replayReport(http('ingest'));
  });

  afterAll(async () => {
    await end('SIGTERM', ...APPS);
    await log.remove();
    await db.drop();
  });

  it('allows the personal key and says 11.92', () => expectTheTruth(http('auth'), position));

  it.each(APPS)('says the same after %s is restarted', async (app) => {
    expect(await end('SIGTERM', app)).toEqual([0]);
    await start(app);
    await expectTheTruth(http('auth'), position);
  });

  it.each(APPS)('says the same after %s is killed', async (app) => {
    await end('SIGKILL', app);
    await start(app);
    await expectTheTruth(http('auth'), position);
  });

  it('says the same after all three are killed together', async () => {
    await end('SIGKILL', ...APPS);
    await start(...APPS);
    await expectTheTruth(http('auth'), position);
  });

  it('says the same after the projection is dropped and read from Kafka again', async () => {
    await end('SIGTERM', 'projector', 'auth');
    await dropProjection(db);
    await start('projector', 'auth');
    await expectTheTruth(http('auth'), position);
  });

  it('goes on recording: once more of the team, and nothing of it is hers', async () => {
    const answer = await http('ingest').record(TEAM, '1.00');
    expect(answer.status).toBe(201);
    const minPosition = `${position},${answer.body.position}`;
    const team = await http('auth').balance('team:ml', minPosition);
    expect(team.body.spentAllTime).toBe('401.00');
    const personal = await http('auth').balance('user:alice', minPosition);
    expect(personal.body.spentAllTime).toBe('11.92');
  });
});
