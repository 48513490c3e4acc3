import { sql } from 'kysely';
import { fencePartition, OtherProjection, PROJECTION_VERSION } from '#libs/projection';
import { Metrics, Readiness, Serving } from '#libs/runtime';
import {
  createTestDatabase,
  openTestLog,
  TEST_RULES,
  waitUntil,
  type TestDatabase,
} from '#libs/testing';
import { LogProjector } from './project-log';
import { ProjectorLifecycle } from './projector-lifecycle';
import { TouchedAccounts } from './warnings/touched-accounts';

describe('a projector at work', () => {
  let db: TestDatabase;
  let readiness: Readiness;
  let serving: Serving;
  let metrics: Metrics;
  let warned: unknown[];
  let lifecycle: ProjectorLifecycle;

  beforeEach(async () => {
    db = await createTestDatabase();
    [readiness, metrics, warned] = [new Readiness(), new Metrics(), []];
    serving = new Serving();
    const limits = { caughtUpEveryMs: 10, maxWindowSums: 500, maxLagMs: 60_000 };
    const touched = new TouchedAccounts(1000);
    lifecycle = new ProjectorLifecycle(new LogProjector(db.database, TEST_RULES, limits, touched), {
      database: db.database,
      log: openTestLog(db.database),
      readiness,
      serving,
      metrics,
      logger: { info: () => undefined, warn: (line: unknown) => warned.push(line) },
      onError: () => undefined,
      limits,
    });
  });
  afterEach(async () => {
    await lifecycle.onApplicationShutdown();
    await db.drop();
  });

  it('leaves rows of other code alone, says so, and goes on when they are of its own', async () => {
    await storeVersion(PROJECTION_VERSION - 1);
    await lifecycle.onApplicationBootstrap();
    const sentence = `The balances were made by version ${PROJECTION_VERSION - 1} of the projection, and this is version ${PROJECTION_VERSION}: \`npm run ledger -- rebuild --swap\` makes them anew, beside those that serve meanwhile.`;
    const projection = async () => (await readiness.report()).checks['projection'];
    expect(await projection()).toMatchObject({ ready: false, detail: sentence });
    expect(await serving.report()).toMatchObject({
      ready: false,
      checks: { projector: { ready: false, detail: sentence } },
    });
    expect(warned).toEqual([sentence]);
    await storeVersion(PROJECTION_VERSION);
    await waitUntil('it projects', async () => (await projection())?.ready === true);
    await storeVersion(PROJECTION_VERSION + 1);
    await waitUntil('it has given its share up', async () => {
      const leases = await db.database.kysely.selectFrom('log_lease').selectAll().execute();
      return leases.every(({ owner }) => owner === null);
    });
    expect((await projection())?.ready).toBe(false);
    await expect(fencePartition(db.database, 0)).rejects.toThrow(OtherProjection);
  });

  async function storeVersion(version: number): Promise<void> {
    await db.database.kysely.updateTable('ledger').set({ projection_version: version }).execute();
  }

  it('is not ready while a partition stands still, and says why', async () => {
    await db.database.kysely
      .updateTable('projection_partition')
      .set({ next_offset: 7n })
      .where('partition', '=', 3)
      .execute();
    await lifecycle.onApplicationBootstrap();
    const projection = async () => (await readiness.report()).checks['projection'];
    await waitUntil('a partition halts', async () =>
      Boolean((await projection())?.detail?.startsWith('Partition 3')),
    );
    expect((await projection())?.detail).toMatch(/^Partition 3 of the log ends at offset 0, but/);
    // It holds its partitions all the same: another process could do no better.
    expect((await serving.report()).ready).toBe(true);
    const scraped = await metrics.registry.metrics();
    expect(scraped).toMatch(/^projector_halted_partitions 1$/m);
    expect(scraped).toMatch(/^projector_next_offset\{partition="3"\} 7$/m);
  });

  it('gives the other figures while Postgres says nothing of the lag', async () => {
    const lag = /^projector_lag_seconds{/m;
    await lifecycle.onApplicationBootstrap();
    await waitUntil('its lag is scraped', async () => lag.test(await metrics.registry.metrics()));
    await db.database.kysely.transaction().execute(async (trx) => {
      await sql`lock table projection_partition in access exclusive mode`.execute(trx);
      const scraped = await metrics.registry.metrics();
      expect(scraped).toMatch(/^projector_next_offset\{partition="3"\} 0$/m);
      expect(scraped).not.toMatch(lag);
      // Postgres has not answered yet, nor has it ended this transaction.
      await sql`select`.execute(trx);
    });
    await waitUntil('it is so again', async () => lag.test(await metrics.registry.metrics()));
  });
});
