import { sql } from 'kysely';
import { createTestDatabase, projectLog, type TestDatabase } from '#libs/testing';
import { importFrom } from './support/import-in-test';
import { balancesIn } from './support/ledger-state';
import { LitellmInTest } from './support/litellm-in-test';

const SPEND_ALONE = ['--no-budgets'];
const NOW = `date_trunc('milliseconds', now() at time zone 'UTC')`;

describe('rows that come, go and change between imports', () => {
  let litellm: LitellmInTest;
  let db: TestDatabase;

  beforeEach(async () => {
    litellm = await LitellmInTest.create();
    db = await createTestDatabase();
  });
  afterEach(async () => {
    await db.drop();
    await litellm.drop();
  });

  it('are recorded when they are there, also those that began long before', async () => {
    await importFrom(litellm, db, ...SPEND_ALONE);
    await litellm.addRow('late-1', { startTime: `'2026-11-29 21:58:57'`, spend: '0.5' });
    await litellm.addRow('late-2', { startTime: `'2026-11-30 00:00:00'`, spend: '0.25' });
    await litellm.addRow('late-3', { spend: '0.125' });
    const { report } = await importFrom(litellm, db, ...SPEND_ALONE);
    expect(report.rows).toMatchObject({ read: 775, recorded: 3, duplicates: 597 });
  });

  it('have the labels that the operator finds in them, with the columns and without', async () => {
    const metadata = `'{"user_api_key_org_id":"acme","spend_logs_metadata":{"env":"prod","n":{}}}'`;
    await litellm.addRow('labelled', { spend: '0.5', metadata, request_tags: `'["job:7"]'` });
    const labels = ['org=organization_id', 'env=metadata.spend_logs_metadata.env', 'job=tags.job'];
    const given = [...labels, 'none=metadata.spend_logs_metadata.n'];
    const options = given.flatMap((label) => ['--label', label]);
    for (const change of [
      'select 1',
      'alter table "LiteLLM_SpendLogs" drop column organization_id',
    ]) {
      await litellm.run(change);
      expect((await importFrom(litellm, db, ...SPEND_ALONE, ...options)).status).toBe(0);
    }
    await projectLog(db.database);
    const { rows } = await sql<{ labels: object }>`
      select labels from spend_event where event_id = 'labelled'`.execute(db.database.kysely);
    expect(rows).toEqual([{ labels: { org: 'acme', env: 'prod', job: '7' } }]);
  });

  it('that were changed are told with both hashes, and stay as they were recorded', async () => {
    await importFrom(litellm, db, ...SPEND_ALONE);
    await projectLog(db.database);
    const before = await balancesIn(db.database);
    await litellm.run(
      `update "LiteLLM_SpendLogs" set spend = 1 where request_id = 'resp_fetched_again'`,
    );
    const { status, report } = await importFrom(litellm, db, ...SPEND_ALONE);
    expect(status).toBe(1);
    expect(report.rows).toMatchObject({ recorded: 0, duplicates: 596, refused: 1 });
    expect(report.refusals).toEqual([
      {
        id: 'resp_fetched_again',
        field: 'id',
        rule: 'event_conflict',
        message: expect.stringMatching(
          /content in amount \(recorded [0-9a-f]{64}, given [0-9a-f]{64}\)/,
        ) as unknown,
      },
    ]);
    await projectLog(db.database);
    expect(await balancesIn(db.database)).toEqual(before);
    expect((await importFrom(litellm, db, ...SPEND_ALONE, '--dry-run')).report.rows).toMatchObject({
      recorded: 0,
      duplicates: 596,
      refused: 1,
    });
  });

  it.each([false, true])(
    'of a key that was rotated since are the same rows (projected: %s)',
    async (isProjected) => {
      await importFrom(litellm, db, ...SPEND_ALONE);
      if (isProjected) await projectLog(db.database);
      await litellm.run(`
        insert into "LiteLLM_DeprecatedVerificationToken" (id, token, active_token_id, revoke_at)
        select 'rotated', token, repeat('e', 64), '2026-12-31' from "LiteLLM_VerificationToken"
        where key_alias = 'bob-own'`);
      const { status, report } = await importFrom(litellm, db, ...SPEND_ALONE);
      expect([status, report.rows.duplicates]).toEqual([0, 597]);
      await litellm.addRow('after-rotation', { spend: '0.5' });
      await importFrom(litellm, db, ...SPEND_ALONE);
      await projectLog(db.database);
      expect(await balancesIn(db.database)).toMatchObject({ [`key:${'e'.repeat(64)}`]: '0.50' });
    },
  );

  it('of a rotation that LiteLLM has forgotten since are the same rows', async () => {
    await importFrom(litellm, db, ...SPEND_ALONE);
    await projectLog(db.database);
    await litellm.run('delete from "LiteLLM_DeprecatedVerificationToken"');
    const { status, report } = await importFrom(litellm, db, ...SPEND_ALONE);
    expect([status, report.rows.duplicates]).toEqual([0, 597]);
  });

  it('of a time to come are refused by name, and recorded once the clock is there', async () => {
    await litellm.run('truncate "LiteLLM_SpendLogs"');
    await litellm.run(
      `insert into "LiteLLM_SpendLogs" (request_id, call_type, spend, "startTime", "endTime", "user")
       values ('ahead', 'acompletion', 1, ${NOW} + interval '10 min', ${NOW} + interval '10 min', 'bob'),
         ('within', 'acompletion', 1, ${NOW} + interval '1 min', ${NOW} + interval '1 min', 'bob')`,
    );
    const { status, report } = await importFrom(litellm, db, ...SPEND_ALONE);
    expect(status).toBe(1);
    expect(report.rows).toMatchObject({ recorded: 1, refused: 1 });
    expect(report.refusals).toMatchObject([{ id: 'ahead', field: 'time', rule: 'not_ahead' }]);
    await litellm.run(
      `update "LiteLLM_SpendLogs" set "endTime" = ${NOW} where request_id = 'ahead'`,
    );
    expect((await importFrom(litellm, db, ...SPEND_ALONE)).report.rows).toMatchObject({
      recorded: 1,
      duplicates: 1,
      refused: 0,
    });
  });

  it('that no ledger could keep are refused by name, and the rest is recorded', async () => {
    await litellm.addRow('too-much', { spend: '1e16' });
    await litellm.addRow('never', { endTime: `'infinity'` });
    const { status, report } = await importFrom(litellm, db, ...SPEND_ALONE);
    expect(status).toBe(1);
    expect(report.rows).toMatchObject({ read: 774, recorded: 597, refused: 2 });
    expect(report.refusals.map(({ id, field }) => [id, field]).sort()).toEqual([
      ['never', 'time'],
      ['too-much', 'data.amount'],
    ]);
  });

  it('of no known cost are on record without an amount', async () => {
    await litellm.addRow('infinite', { spend: `'Infinity'` });
    await litellm.addRow('negative', { spend: '-0.5' });
    const { report } = await importFrom(litellm, db, '--unpriced-models', 'unpriced');
    expect(report.rows).toMatchObject({ unknown: 10, skipped: { free: 6 } });
    expect(report.unpricedCandidates).toEqual([{ model: 'free', calls: 6, tokens: 120 }]);
    expect(report.amount).toBe('608.68770638791');
    await projectLog(db.database);
    const { rows } = await sql<{ unpriced: bigint }>`
      select sum(unpriced)::bigint as unpriced from user_balance`.execute(db.database.kysely);
    expect(rows[0]!.unpriced).toBeGreaterThan(0n);
  });

  it('are read in their own part of time, where that is asked for', async () => {
    const upTo = await importFrom(litellm, db, ...SPEND_ALONE, '--until', '2026-11-01T00:00:00Z');
    const since = await importFrom(litellm, db, ...SPEND_ALONE, '--since', '2026-11-01T00:00:00Z');
    expect(upTo.report.rows.read + since.report.rows.read).toBe(772);
    expect(upTo.report.rows.recorded + since.report.rows.recorded).toBe(597);
    expect(upTo.report.rows.read).toBeGreaterThan(0);
  });

  it('of tables in partitions have names of their own', async () => {
    await litellm.run(`
      alter table "LiteLLM_SpendLogs" drop constraint "LiteLLM_SpendLogs_pkey";
      alter table "LiteLLM_SpendLogs" add primary key (request_id, "startTime")`);
    await litellm.addRow('resp_fetched_again', { startTime: `'2026-11-30 00:00:00'`, spend: '1' });
    const { report } = await importFrom(litellm, db, ...SPEND_ALONE);
    expect(report.rows).toMatchObject({ read: 773, recorded: 598 });
    const events = await db.database.kysely.selectFrom('log_record').select('headers').execute();
    const ids = events.map(({ headers }) => headers['ce_id']);
    expect(ids).toContain('resp_fetched_again@2026-11-30T00:00:00.000Z');
  });

  it('are another LiteLLM’s under another source', async () => {
    await importFrom(litellm, db, ...SPEND_ALONE);
    const { report } = await importFrom(litellm, db, ...SPEND_ALONE, '--source', 'litellm-eu');
    expect(report.rows).toMatchObject({ recorded: 597, duplicates: 0 });
  });
});

/** What older versions had not, as their Prisma migrations say. */
const OLDER: readonly (readonly [string, string])[] = [
  [
    '1.99',
    `alter table "LiteLLM_SpendLogs" drop column litellm_call_id, drop column billing_agent_id;
     alter table "LiteLLM_VerificationToken" drop column total_spend, drop column tpd_limit;
     alter table "LiteLLM_TeamTable" drop column tpd_limit; alter table "LiteLLM_TeamMembership" drop column total_spend;
     alter table "LiteLLM_BudgetTable" drop column tpd_limit, drop column temp_budget_increase, drop column temp_budget_expiry`,
  ],
  [
    '1.83',
    `alter table "LiteLLM_SpendLogs" drop column created_at, drop column updated_at, drop column agent_id,
       drop column request_duration_ms, drop column organization_id;
     alter table "LiteLLM_VerificationToken" drop column budget_limits, drop column budget_fallbacks, drop column key_type,
       drop column agent_id, drop column project_id;
     alter table "LiteLLM_TeamTable" drop column budget_limits, drop column soft_budget;
     drop table "LiteLLM_DeprecatedVerificationToken"; drop table "LiteLLM_BudgetWindowSpend"`,
  ],
  [
    '1.7x',
    `alter table "LiteLLM_SpendLogs" drop column status, drop column session_id, drop column mcp_namespaced_tool_name;
     drop table "LiteLLM_DeletedVerificationToken"; drop table "LiteLLM_TagTable"; drop table "LiteLLM_Config"`,
  ],
];

describe('a LiteLLM of an older version', () => {
  it('is imported as far as it has the columns: 1.99, 1.83, 1.7x', async () => {
    const litellm = await LitellmInTest.create();
    try {
      for (const [version, changes] of OLDER) {
        await litellm.run(changes);
        const db = await createTestDatabase();
        const { status, report } = await importFrom(litellm, db);
        expect([version, status, report.rows]).toMatchObject([
          version,
          0,
          { read: 772, recorded: 597, exact: version === '1.7x' ? 581 : 580 },
        ]);
        expect(report.amount).toBe('608.68770638791');
        expect(report.users[0]).toMatchObject({ userId: 'alice', falselyRefused: true });
        const budgets = report.budgets.map(({ budgetId }) => budgetId);
        expect(budgets).toContain('litellm:member:ml:erin');
        await db.drop();
      }
    } finally {
      await litellm.drop();
    }
  });
});
