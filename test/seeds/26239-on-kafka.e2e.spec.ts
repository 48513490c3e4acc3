import { LedgerProcesses, type Role } from './support/ledger-processes';
import { dropProjection, expectTheTruth, replayReport, TEAM } from './support/report-26239';

const APPS = ['ingest', 'projector', 'auth'] as const satisfies readonly Role[];

describe('#26239 on Kafka, in three processes: team spend never reaches the personal balance', () => {
  const ledger = new LedgerProcesses('Kafka');
  let position: string;

  beforeAll(async () => {
    // At one instant, on an empty database: one of them creates the ledger and its topics.
    await ledger.start(APPS);
    position = await replayReport(ledger.http('ingest'));
  });

  afterAll(() => ledger.remove());

  const theTruthIsTold = () => expectTheTruth(ledger.http('auth'), position);

  it('allows the personal key and says 11.92', theTruthIsTold);

  it.each(APPS)('says the same after %s is restarted', async (app) => {
    expect(await ledger.stop('SIGTERM', [app])).toEqual([0]);
    await ledger.start([app]);
    await theTruthIsTold();
  });

  it.each(APPS)('says the same after %s is killed', async (app) => {
    await ledger.stop('SIGKILL', [app]);
    await ledger.start([app]);
    await theTruthIsTold();
  });

  it('says the same after all three are killed together', async () => {
    await ledger.stop('SIGKILL');
    await ledger.start(APPS);
    await theTruthIsTold();
  });

  it('says the same after the projection is dropped and read from Kafka again', async () => {
    await ledger.stop('SIGTERM', ['projector', 'auth']);
    await dropProjection(ledger.db);
    await ledger.start(['projector', 'auth']);
    await theTruthIsTold();
  });

  it('goes on recording: once more of the team, and nothing of it is hers', async () => {
    const answer = await ledger.http('ingest').record(TEAM, '1.00');
    expect(answer.status).toBe(201);
    const minPosition = `${position},${answer.body.position}`;
    const team = await ledger.http('auth').balance('team:ml', minPosition);
    expect(team.body.spentAllTime).toBe('401.00');
    const personal = await ledger.http('auth').balance('user:alice', minPosition);
    expect(personal.body.spentAllTime).toBe('11.92');
  });
});
