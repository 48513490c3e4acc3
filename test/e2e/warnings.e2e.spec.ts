import {
  createTestDatabase,
  LedgerProcess,
  waitUntil,
  WebhookReceiver,
  type Answer,
  type TestDatabase,
} from '#libs/testing';

const SECRET = 'whsec_c2lnbnMgdGhlIHdhcm5pbmdzIG9mIGEgbGVkZ2Vy';
const PASSWORD = 'a-password-of-the-receiver';
const USERS = Array.from({ length: 12 }, (_, n) => `user-${n}`);
const user = (userId: string) => ({ type: 'user', userId });

describe('warnings at a receiver outside of the ledger', () => {
  let db: TestDatabase;
  let receiver: WebhookReceiver;
  let ledger: LedgerProcess;
  let projector: LedgerProcess;

  beforeAll(async () => {
    db = await createTestDatabase();
    receiver = await WebhookReceiver.start(SECRET);
    ledger = await LedgerProcess.start({ env: env() });
    projector = await LedgerProcess.openReady({ app: 'projector', env: env() });
  });

  afterAll(async () => {
    await Promise.all([ledger.stop(), projector.stop()]);
    await receiver.close();
    await db.drop();
  });

  it('come once for each share, signed, also when it fails at first and the projectors die', async () => {
    const answers = [500, 503];
    receiver.answer = () => answers.shift() ?? 204;
    await setBudget('alice-total', 'user:alice', '100');
    await record('alice', '70');
    const last = await record('alice', '50');
    await waitUntil('both have arrived', async () => (await delivered('user:alice')).length === 2);
    const kept = await warningsOf('user:alice');
    expect(kept.map(({ share }) => share).sort()).toEqual(['0.8', '1']);
    expect(kept[0]).toMatchObject({ budgetId: 'alice-total', limit: '100.00', spent: '120.00' });
    expect(receiver.messages).toHaveLength(4);

    await Promise.all([ledger.stop('SIGKILL'), projector.stop('SIGKILL')]);
    ledger = await LedgerProcess.start({ env: env() });
    projector = await LedgerProcess.openReady({ app: 'projector', env: env() });
    await setBudget('bob-total', 'user:bob', '100');
    await record('bob', '80');
    await waitUntil(
      'a later one has arrived',
      async () => (await delivered('user:bob')).length === 1,
    );
    expect(await warningsOf('user:alice')).toEqual(kept);
    expect(receiver.messages).toHaveLength(5);

    const { body } = await ledger.http.check(user('alice'), { minPosition: last.body.position });
    expect(body.budgets[0]).toMatchObject({ warning: '1', spent: '120.00' });
  });

  it('start anew with a raise', async () => {
    await setBudget('alice-total', 'user:alice', '150');
    await waitUntil(
      'the raise is warned of',
      async () => (await delivered('user:alice')).length === 3,
    );
    expect(receiver.messages.at(-1)!.payload).toMatchObject({
      type: 'spendledger.budget.warning.v1',
      timestamp: expect.stringMatching(/Z$/),
      data: { account: 'user:alice', share: '0.8', limit: '150.00', spent: '120.00' },
    });
  });

  it('hold nothing up while it hangs', async () => {
    receiver.answer = () => 'never';
    const before = receiver.messages.length;
    await setBudget('users', 'user:*', '100');
    const spent = await Promise.all(USERS.map((userId) => record(userId, '90')));
    await waitUntil('it hangs', () => receiver.messages.length >= before + 2);
    const positions = spent.map(({ body }) => body.position).join();
    for (const userId of USERS) {
      const { body } = await ledger.http.balance(`user:${userId}`, positions);
      expect(body).toMatchObject({ spentAllTime: '90.00', budgets: [{ warning: '0.8' }] });
      await waitUntil('it is kept', async () => (await warningsOf(`user:${userId}`)).length === 1);
    }
    // Two for each of two projectors.
    expect(receiver.mostUnderWay).toBeLessThanOrEqual(4);
  });

  it('are handed over by a projector that is stopped meanwhile, in good order', async () => {
    expect(await projector.stop()).toBe(0);
    receiver.answer = () => 204;
    projector = await LedgerProcess.openReady({ app: 'projector', env: env() });
    for (const userId of USERS) {
      const account = `user:${userId}`;
      await waitUntil('it has arrived', async () => (await delivered(account)).length === 1);
    }
  });

  it('are counted, and tell neither the address nor the secret', async () => {
    const scraped = await (await fetch(`${projector.httpUrl}/metrics`)).text();
    expect(scraped).toMatch(/^projector_warnings_kept_total \d+$/m);
    expect(scraped).toMatch(/^projector_warning_backlog 0$/m);
    expect(scraped).toMatch(/^projector_warning_deliveries_total\{outcome="delivered"\} \d+$/m);
    expect(receiver.forged).toEqual([]);
    for (const { output } of [ledger, projector]) {
      expect(output).not.toContain(PASSWORD);
      expect(output).not.toContain(SECRET.slice('whsec_'.length));
    }
  });

  it('do not start with a receiver that is none', async () => {
    const wrong = { ...env(), WARNING_WEBHOOK_URL: `hooks.example.com/${PASSWORD}` };
    const { code, text } = await LedgerProcess.refusal({ app: 'projector', env: wrong });
    expect(code).toBe(1);
    expect(text).toMatch(/^WARNING_WEBHOOK_URL must be .*, for example WARNING_WEBHOOK_URL=\S+\n$/);
    expect(text).not.toContain(PASSWORD);
  });

  function env(): Record<string, string> {
    return {
      DATABASE_URL: db.url,
      LOG_LEVEL: 'debug',
      DRAIN_TIMEOUT: 'PT2S',
      WARNING_WEBHOOK_URL: receiver.url.replace('//', `//joe:${PASSWORD}@`),
      WARNING_WEBHOOK_SECRET: SECRET,
      WARNING_WEBHOOK_TIMEOUT: 'PT10S',
      WARNING_WEBHOOK_FIRST_RETRY: 'PT0.05S',
      WARNING_WEBHOOK_LONGEST_RETRY: 'PT0.2S',
      WARNING_WEBHOOK_CONCURRENCY: '2',
      WARNING_WEBHOOK_POLL: 'PT0.1S',
    };
  }

  async function setBudget(budgetId: string, account: string, limit: string): Promise<void> {
    const answer = await ledger.http.setBudget(budgetId, account, limit, { warnAt: ['0.8', '1'] });
    expect(answer.body.applied).toBe(true);
  }

  async function record(userId: string, amount: string): Promise<Answer> {
    const answer = await ledger.http.record(user(userId), amount);
    expect(answer.status).toBe(201);
    return answer;
  }

  async function warningsOf(account: string): Promise<Answer['body'][]> {
    const { body } = await ledger.http.get(`/v1/warnings?account=${account}`);
    return body.items;
  }

  async function delivered(account: string): Promise<unknown[]> {
    const warnings = await warningsOf(account);
    return warnings.filter((warning) => warning.delivered.state === 'delivered');
  }
});
