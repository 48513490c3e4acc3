/** @needs python3 */
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ledgerCommand } from '#libs/testing';
import { HookedLitellm } from './support/hooked-litellm';
import { MASTER_KEY } from './support/models';

jest.setTimeout(900_000);

const WINDOWS = [{ budget_duration: '30d', max_budget: 50 }];
const SEED = `insert into "LiteLLM_UserTable" (user_id, max_budget) values ('left', 5);
  insert into "LiteLLM_TeamTable" (team_id, budget_limits) values ('windows', '${JSON.stringify(WINDOWS)}')`;

let live: HookedLitellm;
let folder: string;
let key: string;
beforeAll(async () => {
  live = await HookedLitellm.start({ hasDatabase: true, seed: SEED });
  folder = await mkdtemp(join(tmpdir(), 'spend-ledger-limits-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await live.stop();
});

const unsetLimits = (...args: string[]) =>
  live.proxy.runHookCommand(
    ['unset-limits', '--litellm', live.proxy.url, '--report', join(folder, 'report.json'), ...args],
    { LITELLM_MASTER_KEY: MASTER_KEY },
  );

/** Every limit that LiteLLM has, by whose it is. */
async function limits(): Promise<Record<string, number>> {
  const rows = await live.rows<{ who: string; limit: number }>(`
    select 'user' as who, max_budget as "limit" from "LiteLLM_UserTable" where user_id = 'dora' and max_budget is not null
    union all select 'team', max_budget from "LiteLLM_TeamTable" where team_id = 'a/b' and max_budget is not null
    union all select 'key', max_budget from "LiteLLM_VerificationToken" where user_id = 'dora' and max_budget is not null
    union all select 'members', b.max_budget from "LiteLLM_BudgetTable" b join "LiteLLM_TeamTable" t
      on t.metadata ->> 'team_member_budget_id' = b.budget_id where b.max_budget is not null
    union all select 'member', b.max_budget from "LiteLLM_TeamMembership" m
      join "LiteLLM_BudgetTable" b using (budget_id) where m.user_id = 'dora' and b.max_budget is not null
    union all select 'windows of the team', jsonb_array_length(budget_limits) from "LiteLLM_TeamTable"
      where team_id = 'a/b' and budget_limits not in ('null', '[]')
    union all select 'windows of the key', jsonb_array_length(budget_limits) from "LiteLLM_VerificationToken"
      where user_id = 'dora' and budget_limits not in ('null', '[]')
    union all select 'blocked', max_budget from "LiteLLM_UserTable" where user_id = 'blocked' and max_budget is not null`);
  return Object.fromEntries(rows.map(({ who, limit }) => [who, limit]));
}

const ALL = {
  user: 0.25,
  team: 8,
  key: 3,
  members: 2,
  member: 1.5,
  'windows of the team': 1,
  'windows of the key': 1,
  blocked: 0,
};

it('warns at the start of each limit that LiteLLM still has', async () => {
  for (const who of ['user left', 'team windows']) {
    const said = `LiteLLM still has a limit of its own for the ${who}, and refuses by it`;
    await live.until(`it names the ${who}`, () => live.proxy.output.includes(said));
  }
});

it('says what it would take out, and changes nothing', async () => {
  await live.manage('/user/new', { user_id: 'dora', max_budget: 0.25, auto_create_key: false });
  await live.manage('/user/new', { user_id: 'blocked', max_budget: 0, auto_create_key: false });
  const ofTeam = { max_budget: 8, team_member_budget: 2, budget_limits: WINDOWS };
  await live.manage('/team/new', { team_id: 'a/b', ...ofTeam });
  const member = { role: 'user', user_id: 'dora' };
  await live.manage('/team/member_add', { team_id: 'a/b', member });
  await live.manage('/team/member_update', {
    team_id: 'a/b',
    user_id: 'dora',
    max_budget_in_team: 1.5,
  });
  key = await live.makeKey({ user_id: 'dora', max_budget: 3, budget_limits: WINDOWS });
  expect(await limits()).toEqual(ALL);
  const imported = await ledgerCommand(
    { DATABASE_URL: live.ledger.db.url },
    'import-litellm',
    '--from',
    live.database.url,
    '--json',
  );
  expect(imported.status).toBe(0);
  await writeFile(join(folder, 'report.json'), imported.stdout);
  const { status, stdout } = await unsetLimits('--dry-run');
  expect(status).toBe(0);
  expect(stdout).toContain('user:dora: max_budget 0.25 -> none');
  expect(stdout).toMatch(/^team:a%2Fb: max_budget 8.0, budget_limits .* -> none$/m);
  expect(stdout).toContain('user:blocked: max_budget 0.0 -> none');
  expect(await limits()).toEqual(ALL);
});

it('takes them out, so that the ledger alone decides, at once', async () => {
  const ask = (tokens: number) =>
    live.answer('dear', { output: tokens }, { key, body: { max_tokens: tokens } });
  const spend = async (tokens: number) => (await ask(tokens)).status;
  await live.ledger.setBudget('user:dora', '1.20');
  await live.ledger.http.request('DELETE', '/v1/budgets/litellm:user:dora');
  expect(await spend(300)).toBe(200);
  await live.until(
    'LiteLLM refuses by its own counter what the ledger would let pass',
    async () => {
      const { body, headers } = await ask(1);
      const isOfLedger = headers.get('x-spend-ledger-decision') !== null;
      return body.error?.type === 'budget_exceeded' && !isOfLedger;
    },
  );
  const { status, stdout } = await unsetLimits('--apply', '--keep', join(folder, 'kept.json'));
  expect([status, await limits()]).toEqual([0, {}]);
  expect(stdout).toContain(`unset-limits --restore ${join(folder, 'kept.json')}`);
  expect((await stat(join(folder, 'kept.json'))).mode & 0o777).toBe(0o600);
  expect([await spend(300), await spend(300), await spend(400)]).toEqual([200, 200, 422]);
});

it('puts them back as they were', async () => {
  const { status } = await unsetLimits('--restore', join(folder, 'kept.json'));
  expect([status, await limits()]).toEqual([0, ALL]);
});

it('keeps the file that it would go back with, and takes no dry run for an import', async () => {
  const kept = await readFile(join(folder, 'kept.json'), 'utf8');
  const again = await unsetLimits('--apply', '--keep', join(folder, 'kept.json'));
  expect([again.status, again.stderr]).toEqual([2, expect.stringContaining('name another file')]);
  expect(await readFile(join(folder, 'kept.json'), 'utf8')).toBe(kept);
  expect(await limits()).toEqual(ALL);
  await writeFile(join(folder, 'report.json'), JSON.stringify({ dryRun: true, budgets: [] }));
  const dry = await unsetLimits('--apply');
  expect([dry.status, dry.stderr]).toEqual([
    2,
    expect.stringContaining('import without --dry-run'),
  ]);
});

it('leaves a key to its operator that is limited through a shared budget', async () => {
  await live.manage('/budget/new', { budget_id: 'tier-1', max_budget: 2 });
  await live.makeKey({ user_id: 'tiered', budget_id: 'tier-1' });
  const [tiered] = await live.rows<{ token: string }>(
    `select token from "LiteLLM_VerificationToken" where user_id = 'tiered'`,
  );
  const budgets = [{ account: `key:${tiered!.token}`, outcome: 'set' }];
  await writeFile(join(folder, 'report.json'), JSON.stringify({ dryRun: false, budgets }));
  const { status, stdout } = await unsetLimits('--dry-run');
  expect([status, stdout]).toEqual([
    1,
    expect.stringContaining('through the shared budget tier-1'),
  ]);
});
