import {
  LedgerProcess,
  logEnvironment,
  onServerOf,
  OwnPostgres,
  PostgresArchive,
  workloadSeed,
} from '#libs/testing';
import {
  expectAllThatWasAcknowledged,
  expectHoldsAsSettled,
  expectRebuilt,
  expectVerified,
} from './support/expect-restored';
import { liveOn, liveUntilBackup } from './support/life-of-a-ledger';

const SEED = workloadSeed();

describe(`a database restored to a point in time, below a log on Kafka that went on (FC_SEED=${SEED})`, () => {
  const log = logEnvironment('Kafka');
  let postgres: OwnPostgres;
  let ledger: LedgerProcess;

  beforeAll(async () => {
    postgres = await OwnPostgres.start();
  });
  afterAll(async () => {
    await ledger?.stop('SIGKILL');
    await log.remove();
    await postgres.remove();
  });

  it('comes to everything that was acknowledged since, and works on', async () => {
    const env = { ...log.env, DATABASE_URL: postgres.url, VISIBLE_WAIT: 'PT30S' };
    const archive = await PostgresArchive.of(postgres);
    const base = await archive.takeBase();
    ledger = await LedgerProcess.start({ env });
    const holds = await liveUntilBackup(ledger.http, SEED);
    const { now } = await onServerOf<{ now: string }>(
      postgres,
      'select clock_timestamp()::text as now',
    );
    const told = await liveOn(ledger.http, SEED, holds);
    await archive.flush();
    await Promise.all([ledger.stop('SIGKILL'), postgres.kill()]);

    await archive.restore(base, { recovery_target_time: now });
    ledger = await LedgerProcess.start({ env });
    expect(ledger.output).toContain('This database is older than its log on Kafka');
    const { http } = ledger;
    const doors = { ingest: http, auth: http };
    await expectAllThatWasAcknowledged(doors, told);
    await expectHoldsAsSettled(doors, holds);
    await expectVerified(env);
    await expectRebuilt(env);

    expect((await http.release(holds.released)).body).toEqual({ released: '5.00' });
    expect((await http.settle(holds.active, '5.00')).status).toBe(200);
    const raised = await http.setBudget('alice-100', 'user:alice', '300.00');
    expect([raised.status, raised.headers.get('etag')]).toEqual([200, '"3"']);
    await expectVerified(env);
  });
});
