import { status, type Metadata } from '@grpc/grpc-js';
import {
  createTestDatabase,
  LedgerProcess,
  type GrpcLedger,
  type TestDatabase,
} from '#libs/testing';

describe('budgets over gRPC', () => {
  let db: TestDatabase;
  let ledger: LedgerProcess;
  let grpc: GrpcLedger;

  beforeAll(async () => {
    db = await createTestDatabase();
    ledger = await LedgerProcess.start({ env: { DATABASE_URL: db.url } });
    grpc = ledger.grpc();
  });

  afterAll(async () => {
    grpc.close();
    await ledger.stop();
    await db.drop();
  });

  const admin = (method: string, request: object) =>
    grpc.call('BudgetAdminService', method, request);
  const set = (budget: object, more: object = {}) =>
    admin('SetBudget', { budget: { window: { total: {} }, ...budget }, ...more });
  const check = async (userId: string) => {
    const scope = { user: { user_id: userId } };
    return (await grpc.call('BudgetService', 'Check', { scope })).decision;
  };

  it('sets one: defaults filled in, with its numbers, in force for the next check', async () => {
    const answer = await set({ budget_id: 'ann-0', account: 'user:ann', limit: '0' });
    expect(answer).toMatchObject({
      budget: {
        budget_id: 'ann-0',
        account: 'user:ann',
        limit_kind: 'limit',
        limit: '0.00',
        warn_at: [],
        enforce: true,
        outage: 'OUTAGE_CLOSED',
        etag: '"1"',
      },
      status: { budget_id: 'ann-0', spent: '0.00', verdict: 'VERDICT_EXCEEDED' },
      applied: true,
    });
    const decision = await check('ann');
    expect(decision).toMatchObject({
      allowed: false,
      blocked_by: 'ann-0',
      message: 'Budget has been exceeded! User=ann Current cost: 0.00, Max budget: 0.00',
    });
    expect(decision.budgets).toEqual([answer.status]);
  });

  it('takes no limit, a default, a shadow', async () => {
    const unlimited = { budget_id: 'ann-0', account: 'user:ann', unlimited: true };
    expect((await set(unlimited)).budget).toMatchObject({ limit_kind: 'unlimited', etag: '"2"' });
    expect(await check('ann')).toMatchObject({ allowed: true });
    const byDefault = await set({ budget_id: 'users', account: 'user:*', limit: '0' });
    expect(byDefault).toMatchObject({ applied: true, status: null });
    expect(await check('bob')).toMatchObject({ allowed: false, blocked_by: 'users' });
    await set({ budget_id: 'users', account: 'user:*', limit: '0', enforce: false });
    expect(await check('bob')).toMatchObject({ allowed: true, budgets: [{ enforced: false }] });
  });

  it('is one with HTTP: the same budget, the same entity tag', async () => {
    const put = await ledger.http.setBudget('cai-1', 'user:cai', '1.00', { warnAt: ['0.8'] });
    const { budget } = await admin('GetBudget', { budget_id: 'cai-1' });
    expect(budget).toMatchObject({ account: 'user:cai', limit: '1.00', warn_at: ['0.8'] });
    expect(budget.etag).toBe(put.headers.get('etag'));
    await set({ ...budget, limit: '2.00' });
    expect((await ledger.http.get('/v1/budgets/cai-1')).body).toMatchObject({ limit: '2.00' });
  });

  it('refuses a former entity tag', async () => {
    const stale = { budget_id: 'cai-1', account: 'user:cai', limit: '3.00', etag: '"1"' };
    expect(await refusal(set(stale))).toEqual([status.ABORTED, 'etag_mismatch']);
    expect(await refusal(set(stale, { dry_run: true }))).toEqual([status.ABORTED, 'etag_mismatch']);
    expect(await refusal(admin('RemoveBudget', { budget_id: 'cai-1', etag: '"1"' }))).toEqual([
      status.ABORTED,
      'etag_mismatch',
    ]);
  });

  it('tells what is in force where a setting is over already', async () => {
    const over = {
      budget_id: 'eve',
      account: 'user:eve',
      limit: '99',
      valid_until: { seconds: 1_577_836_800, nanos: 0 },
    };
    expect(await set(over)).toMatchObject({ applied: true, status: null });
    await set({ budget_id: 'eve', account: 'user:eve', limit: '5' });
    expect(await set(over, { dry_run: true })).toMatchObject({ status: { limit: '5.00' } });
    expect(await set(over)).toMatchObject({ applied: true, status: { limit: '5.00' } });
    await admin('RemoveBudget', { budget_id: 'eve' });
  });

  it('runs dry without a trace', async () => {
    const dry = await set(
      { budget_id: 'dan-0', account: 'user:dan', limit: '0' },
      { dry_run: true },
    );
    expect(dry).toMatchObject({
      budget: { limit: '0.00', etag: '' },
      status: { verdict: 'VERDICT_EXCEEDED' },
    });
    expect(await refusal(admin('GetBudget', { budget_id: 'dan-0' }))).toEqual([
      status.NOT_FOUND,
      'not_found',
    ]);
  });

  it('lists by pages, of one account or of all, each budget once', async () => {
    for (let n = 0; n < 5; n++) {
      await set({ budget_id: `team-${n}`, account: n < 3 ? 'team:a' : 'team:b', limit: '1.00' });
    }
    expect(await pages('team:a', 2)).toEqual([['team-0', 'team-1'], ['team-2']]);
    const all = (await pages('', 3)).flat();
    expect(all).toEqual([
      'ann-0',
      'cai-1',
      'team-0',
      'team-1',
      'team-2',
      'team-3',
      'team-4',
      'users',
    ]);
    expect((await pages('', 0)).flat()).toEqual(all);
    const http = await ledger.http.get('/v1/budgets?account=team:a&pageSize=2');
    expect(http.body.items.map((item: { budgetId: string }) => item.budgetId)).toEqual([
      'team-0',
      'team-1',
    ]);
    const rest = await ledger.http.get(
      `/v1/budgets?account=team:a&pageSize=2&pageToken=${http.body.nextPageToken}`,
    );
    expect(rest.body).toMatchObject({ items: [{ budgetId: 'team-2' }], nextPageToken: '' });
  });

  it('removes one, for the next check', async () => {
    await set({ budget_id: 'users', account: 'user:*', limit: '0' });
    expect(await check('bob')).toMatchObject({ allowed: false });
    const removed = await admin('RemoveBudget', { budget_id: 'users' });
    expect(removed).toEqual({ applied: true, position: expect.stringMatching(/^\d+:\d+$/) });
    expect(await check('bob')).toMatchObject({ allowed: true, unbudgeted: true });
    expect(await refusal(admin('RemoveBudget', { budget_id: 'users' }))).toEqual([
      status.NOT_FOUND,
      'not_found',
    ]);
  });

  it('names a wrong field as the proto does', async () => {
    const wrong = set({ budget_id: 'x', account: 'user:x', limit: '-1', warn_at: ['2'] });
    expect(await refusal(wrong)).toEqual([status.INVALID_ARGUMENT, 'invalid']);
    const details = await wrong.catch((error: { metadata: Metadata }) =>
      String(error.metadata.get('grpc-status-details-bin')[0]),
    );
    expect(details).toContain('budget.limit');
    expect(details).toContain('budget.warn_at[0]');
  });

  async function pages(account: string, page_size: number): Promise<string[][]> {
    const found: string[][] = [];
    let page_token = '';
    do {
      const page = await admin('ListBudgets', { account, page_size, page_token });
      found.push(page.items.map((item: { budget_id: string }) => item.budget_id));
      page_token = page.next_page_token;
    } while (page_token !== '');
    return found;
  }
});

/** The status a call is refused with, and the code that its details give as the reason. */
async function refusal(call: Promise<unknown>): Promise<[number, string | undefined]> {
  const error = await call.then(
    () => undefined,
    (refused: { code: number; metadata: Metadata }) => refused,
  );
  if (!error) throw new Error('the call was not refused');
  const details = String(error.metadata.get('grpc-status-details-bin')[0]);
  return [error.code, /\b(etag_mismatch|not_found|invalid)\b/.exec(details)?.[0]];
}
