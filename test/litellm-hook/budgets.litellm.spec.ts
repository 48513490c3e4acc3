/** @needs python3 */
import { HookedLitellm } from './support/hooked-litellm';

jest.setTimeout(900_000);

let live: HookedLitellm;
beforeAll(async () => {
  live = await HookedLitellm.start({ hasDatabase: true });
});
afterAll(() => live.stop());

it('judges a person by her own calls, however much a team spends with her key (LiteLLM #26239)', async () => {
  await live.manage('/user/new', { user_id: 'alice', max_budget: 1, auto_create_key: false });
  await live.manage('/team/new', { team_id: 'ml' });
  await live.manage('/team/member_add', {
    team_id: 'ml',
    member: { role: 'user', user_id: 'alice' },
  });
  const ofTeam = await live.makeKey({ team_id: 'ml', user_id: 'alice' });
  const own = await live.makeKey({ user_id: 'alice' });
  await live.ledger.setBudget('user:alice', '1.00');
  await live.manage('/user/update', { user_id: 'alice', max_budget: null });
  for (let n = 0; n < 6; n += 1) {
    const { status } = await live.answer(
      'dear',
      { output: 350 },
      { key: ofTeam, body: { max_tokens: 350 } },
    );
    expect(status).toBe(200);
  }
  await live.untilBalance('team:ml', { spentAllTime: '2.10', held: '0.00' });
  expect(await live.balance('member:ml/alice')).toMatchObject({ spentAllTime: '2.10' });
  expect(await live.balance('user:alice')).toMatchObject({ spentAllTime: '0.00' });
  const polluted = async () => {
    const [row] = await live.rows<{ spend: number }>(
      `select spend from "LiteLLM_UserTable" where user_id = 'alice'`,
    );
    return row!.spend;
  };
  await live.until(
    'LiteLLM counts it for her',
    async () => Math.abs((await polluted()) - 2.1) < 1e-9,
  );
  for (let n = 0; n < 2; n += 1) {
    const { status } = await live.answer(
      'dear',
      { output: 100 },
      { key: own, body: { max_tokens: 100 } },
    );
    expect(status).toBe(200);
  }
});
