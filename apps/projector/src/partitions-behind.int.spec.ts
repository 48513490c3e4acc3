import { sql } from 'kysely';
import { partitionOfBudget } from '#libs/ledger';
import { Database } from '#libs/postgres';
import { Metrics, Readiness, Serving } from '#libs/runtime';
import {
  budgetRecord,
  createLedgerLogins,
  createTestDatabase,
  openTestLog,
  TEST_PARTITIONS,
  TEST_RULES,
  waitUntil,
  type LedgerLogins,
  type TestDatabase,
} from '#libs/testing';
import { LogProjector } from './project-log';
import { ProjectorLifecycle } from './projector-lifecycle';
import { TouchedAccounts } from './warnings/touched-accounts';

const PARTITION = partitionOfBudget('b', TEST_PARTITIONS);
const ROLE = 'spend_ledger_projector';

describe('a projector whose partitions are behind', () => {
  let server: TestDatabase;
  let db: TestDatabase;
  let logins: LedgerLogins;
  let own: Database;
  let readiness: Readiness;
  let metrics: Metrics;
  let lifecycle: ProjectorLifecycle;

  beforeAll(async () => {
    server = await createTestDatabase();
  });
  afterAll(() => server.drop());

  beforeEach(async () => {
    db = await createTestDatabase();
    logins = await createLedgerLogins(db, server);
    const login = { ...db.options, connectionString: logins.urls.projector };
    own = new Database({ ...login, timeoutMs: 1_500 });
    [readiness, metrics] = [new Readiness(), new Metrics()];
    const limits = { caughtUpEveryMs: 10, maxWindowSums: 500, maxLagMs: 300 };
    const projector = new LogProjector(own, TEST_RULES, limits, new TouchedAccounts(1000));
    lifecycle = new ProjectorLifecycle(projector, {
      database: own,
      log: openTestLog(own),
      readiness,
      serving: new Serving(),
      metrics,
      limits,
      logger: { info: () => undefined, warn: () => undefined },
      onError: () => undefined,
    });
  });
  afterEach(async () => {
    await lifecycle.onApplicationShutdown();
    await own.close();
    await db.drop();
    await logins.drop();
  });

  const run = (statements: string) => sql`${sql.raw(statements)}`.execute(db.database.kysely);
  const projection = async () => (await readiness.report()).checks['projection'];
  const untilReady = () =>
    waitUntil('it is ready', async () => (await projection())?.ready === true);
  const untilSays = (sentence: RegExp) =>
    waitUntil('it says why', async () => {
      const check = await projection();
      return check?.ready === false && sentence.test(check.detail ?? '');
    });
  const setBudget = async () => {
    const log = openTestLog(db.database);
    await log.append([budgetRecord('b', 1, { account: 'user:alice' })]);
    await log.close();
  };

  it.each<[what: string, breaks: string, heals: string, cause: RegExp]>([
    [
      'a trigger that raises',
      `create function boom() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$;
       create trigger boom before insert on budget_revision for each row execute function boom()`,
      'drop trigger boom on budget_revision',
      /Postgres says "no" \(P0001\)/,
    ],
    [
      'a constraint',
      `alter table budget_revision add constraint no_more check (budget_id <> 'b') not valid`,
      'alter table budget_revision drop constraint no_more',
      /violates check constraint "no_more"" \(23514\)/,
    ],
    [
      'a privilege that is missing',
      `revoke insert on budget_revision from ${ROLE}`,
      `grant insert on budget_revision to ${ROLE}`,
      /permission denied for table budget_revision" \(42501\)/,
    ],
    [
      'a value that Postgres refuses, which is not told',
      `create function boom() returns trigger language plpgsql as $$ begin perform new.budget_id::uuid; return new; end $$;
       create trigger boom before insert on budget_revision for each row execute function boom()`,
      'drop trigger boom on budget_revision',
      /: Postgres refuses a value \(22P02\)\.$/,
    ],
    [
      'a log that may not be read',
      `revoke select on log_record from ${ROLE}`,
      `grant select on log_record to ${ROLE}`,
      /permission denied for table log_record" \(42501\)/,
    ],
  ])('names it and %s, and is well again without it', async (_what, breaks, heals, cause) => {
    await lifecycle.onApplicationBootstrap();
    await untilReady();
    await run(breaks);
    await setBudget();
    await untilSays(cause);
    expect((await projection())!.facts!['behind']).toContain(PARTITION);
    // A scrape that Postgres does not answer in time leaves it out.
    const lag = new RegExp(`^projector_lag_seconds{partition="${PARTITION}"} `, 'm');
    await waitUntil('its lag is scraped', async () => lag.test(await metrics.registry.metrics()));
    await run(heals);
    await untilReady();
    const { rows } = await sql`select from budget_revision`.execute(db.database.kysely);
    expect(rows).toHaveLength(1);
  });

  it('names one that waits for a lock', async () => {
    await lifecycle.onApplicationBootstrap();
    await untilReady();
    await db.database.kysely.transaction().execute(async (trx) => {
      await sql`lock table budget_revision in exclusive mode`.execute(trx);
      await setBudget();
      const said = new RegExp(`^Partition ${PARTITION} of .* timeout" \\((55P03|57014)\\)`);
      await waitUntil('it says why', async () => {
        // Postgres ends a transaction that is idle for long.
        await sql`select`.execute(trx);
        return said.test((await projection())?.detail ?? '');
      });
    });
    await untilReady();
  });

  it('names one that cannot be fenced, and reads the others', async () => {
    await run(`
      create function boom() returns trigger language plpgsql as $$ begin raise exception 'not this one'; end $$;
      create trigger boom before update of epoch on projection_partition for each row
      when (new.partition = 0) execute function boom()`);
    await lifecycle.onApplicationBootstrap();
    await untilSays(
      /^Partition 0 of the log has never been read to its end: Postgres says "not this one" \(P0001\)\.$/,
    );
    await waitUntil('the others are read', async () => {
      const { rows } = await sql`
        select from projection_partition where caught_up_at is not null`.execute(
        db.database.kysely,
      );
      return rows.length === TEST_PARTITIONS - 1;
    });
    expect((await projection())!.facts!['behind']).toEqual([0]);
    await run('drop trigger boom on projection_partition');
    await untilReady();
  });

  it('is not ready before it has read the partitions that are its', async () => {
    await db.database.kysely.transaction().execute(async (trx) => {
      await sql`lock table projection_partition in exclusive mode`.execute(trx);
      await lifecycle.onApplicationBootstrap();
      await waitUntil('the partitions are shared out', async () => {
        // Postgres ends a transaction that is idle for long.
        await sql`select`.execute(trx);
        return (await projection())?.facts?.['rebalances'] === 1;
      });
      expect(await projection()).toMatchObject({
        ready: false,
        facts: { behind: Array.from({ length: TEST_PARTITIONS }, (_, partition) => partition) },
      });
    });
    await untilReady();
  });

  it('says that it cannot tell', async () => {
    await lifecycle.onApplicationBootstrap();
    await untilReady();
    await run(`revoke select on projection_partition from ${ROLE}`);
    await untilSays(/^How far the projection is cannot be read: Postgres says "permission denied/);
  });
});
