/** @needs python3 */
import { HookedLitellm } from './support/hooked-litellm';

jest.setTimeout(900_000);

let live: HookedLitellm;
beforeAll(async () => {
  live = await HookedLitellm.start({ hasDatabase: true, hook: { SETTLE_WAIT: '2' } });
});
afterAll(() => live.stop());

/** Estimated at 0.001 for each token that it may answer with, and nothing else. */
const tokens = (count: number) => ({ max_tokens: count });

it('judges a person by her own calls, however much a team spends with her key (LiteLLM #26239)', async () => {
  await live.manage('/user/new', { user_id: 'alice', max_budget: 1, auto_create_key: false });
  await live.manage('/team/new', { team_id: 'ml' });
  const member = { role: 'user', user_id: 'alice' };
  await live.manage('/team/member_add', { team_id: 'ml', member });
  const ofTeam = await live.makeKey({ team_id: 'ml', user_id: 'alice' });
  const own = await live.makeKey({ user_id: 'alice' });
  await live.ledger.setBudget('user:alice', '1.00');
  // LiteLLM's own limit refuses before the hook is asked.
  await live.manage('/user/update', { user_id: 'alice', max_budget: null });
  const spend = async (key: string, output: number) =>
    (await live.answer('dear', { output }, { key, body: tokens(output) })).status;
  for (let n = 0; n < 6; n += 1) expect(await spend(ofTeam, 350)).toBe(200);
  await live.untilBalance('team:ml', { spentAllTime: '2.10', held: '0.00' });
  await live.untilBalance('member:ml/alice', { spentAllTime: '2.10', held: '0.00' });
  await live.untilBalance('user:alice', { spentAllTime: '0.00', held: '0.00' });
  await live.until('LiteLLM counts it for her', async () => {
    const [row] = await live.rows<{ spend: number }>(
      `select spend from "LiteLLM_UserTable" where user_id = 'alice'`,
    );
    return Math.abs(row!.spend - 2.1) < 1e-9;
  });
  expect([await spend(own, 100), await spend(own, 100)]).toEqual([200, 200]);
  await live.untilBalance('user:alice', { spentAllTime: '0.20', held: '0.00' });
});

it('lets no more calls pass than the limit has room for, however many come at once', async () => {
  await live.ledger.setBudget('user:bob', '1.90');
  const key = await live.makeKey({ user_id: 'bob' });
  const before = live.upstream.attempts.length;
  const statuses: number[] = [];
  const calls = Array.from({ length: 30 }, async () => {
    const wanted = { output: 320, waitAfter: 0 };
    statuses.push((await live.answer('dear', wanted, { key, body: tokens(390) })).status);
  });
  await live.until('26 calls are refused', () => statuses.length === 26);
  await live.upstream.holds(4);
  expect(new Set(statuses)).toEqual(new Set([422]));
  expect((await live.balance('user:bob')).held).toBe('1.56');
  live.upstream.resume();
  await Promise.all(calls);
  expect(statuses.filter((status) => status === 200)).toHaveLength(4);
  expect(live.upstream.attempts).toHaveLength(before + 4);
  await live.untilBalance('user:bob', { spentAllTime: '1.28', held: '0.00' });
});

it('lets a client go on that calls one after the other, though LiteLLM logs behind its answers', async () => {
  await live.ledger.setBudget('user:carla', '1.00');
  const key = await live.makeKey({ user_id: 'carla' });
  for (let n = 0; n < 3; n += 1) {
    const { status } = await live.answer('dear', { output: 1 }, { key, body: tokens(600) });
    expect(status).toBe(200);
  }
  await live.untilBalance('user:carla', { spentAllTime: '0.003', held: '0.00' });
});
