import { Metrics, Readiness } from '#libs/runtime';
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
  const readiness = new Readiness();
  const metrics = new Metrics();
  let lifecycle: ProjectorLifecycle;

  beforeEach(async () => {
    db = await createTestDatabase();
    const limits = { caughtUpEveryMs: 10, maxWindowSums: 500 };
    const touched = new TouchedAccounts(1000);
    lifecycle = new ProjectorLifecycle(new LogProjector(db.database, TEST_RULES, limits, touched), {
      log: openTestLog(db.database),
      readiness,
      metrics,
    });
  });
  afterEach(async () => {
    await lifecycle.onApplicationShutdown();
    await db.drop();
  });

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
    const scraped = await metrics.registry.metrics();
    expect(scraped).toMatch(/^projector_halted_partitions 1$/m);
    expect(scraped).toMatch(/^projector_next_offset\{partition="3"\} 7$/m);
  });
});
