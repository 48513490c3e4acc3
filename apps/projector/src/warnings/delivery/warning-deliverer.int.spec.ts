import { sql } from 'kysely';
import { pageWarnings } from '#libs/balances';
import { createTestDatabase, waitUntil, WebhookReceiver, type TestDatabase } from '#libs/testing';
import { leaseDeliveries } from './delivery-queue';
import { WarningDeliverer } from './warning-deliverer';
import { parseWebhookSecrets, parseWebhookUrl, type WebhookSettings } from './webhook-settings';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const DAY_MS = 86_400_000;

describe('delivering warnings', () => {
  let db: TestDatabase;
  let receiver: WebhookReceiver;
  let outcomes: string[];
  let said: string[];
  const started: WarningDeliverer[] = [];

  beforeEach(async () => {
    db = await createTestDatabase();
    receiver = await WebhookReceiver.start(SECRET);
    outcomes = [];
    said = [];
  });
  afterEach(async () => {
    await Promise.all(started.splice(0).map((deliverer) => deliverer.stop(0)));
    await receiver.close();
    await db.drop();
  });

  it('sends what GET /v1/warnings tells, signed, once', async () => {
    await keep(3);
    deliver();
    await waitUntil('all have arrived', async () => (await states('delivered')) === 3);
    const page = await pageWarnings(db.database, nothingGiven);
    if (!page.ok) throw new Error('no page');
    for (const { delivered, ...data } of page.value.items) {
      const own = receiver.messages.filter(({ id }) => id === data.warningId);
      expect(own).toHaveLength(1);
      expect(own[0]!.payload).toEqual({
        type: 'spendledger.budget.warning.v1',
        timestamp: data.warnedAt,
        data,
      });
      expect(delivered).toMatchObject({ attempts: 1, lastFailure: null, at: expect.anything() });
    }
    expect(receiver.forged).toEqual([]);
    expect(outcomes).toEqual(['delivered', 'delivered', 'delivered']);
  });

  it('tries again, with the same id and content, until it is taken', async () => {
    const answers = [500, 302, 429];
    receiver.answer = () => answers.shift() ?? 204;
    await keep(1);
    deliver();
    await waitUntil('it has arrived', async () => (await states('delivered')) === 1);
    expect(receiver.messages).toHaveLength(4);
    expect(new Set(receiver.messages.map(({ id, body }) => id + body)).size).toBe(1);
    expect(outcomes).toEqual(['failed', 'failed', 'failed', 'delivered']);
    expect(said).toEqual([
      'The receiver of warnings did not take one: answered 500.',
      'The receiver of warnings takes them again.',
    ]);
  });

  it('gives up for good what the receiver says it is gone for', async () => {
    receiver.answer = () => 410;
    await keep(1);
    deliver();
    await waitUntil('it is given up', async () => (await states('given_up')) === 1);
    expect(await failures()).toEqual(['answered 410']);
    expect(receiver.messages).toHaveLength(1);
  });

  it('gives up after its time what nobody takes, and tells the last failure', async () => {
    const nobody = await WebhookReceiver.start(SECRET);
    await nobody.close();
    await keep(1);
    deliver({ url: nobody.url });
    await waitUntil('it has failed', () => outcomes.includes('failed'));
    await sql`update warning set warned_at = warned_at - interval '3 days'`.execute(
      db.database.kysely,
    );
    await waitUntil('it is given up', async () => (await states('given_up')) === 1);
    expect(await failures()).toEqual(['could not be reached (ECONNREFUSED)']);
    expect(outcomes.at(-1)).toBe('given_up');
  });

  it('is not held up by a receiver that hangs, beyond the attempts it may make at once', async () => {
    const stuck = new Set<string>();
    receiver.answer = ({ id }) =>
      stuck.size < 2 || stuck.has(id) ? (stuck.add(id), 'never') : 204;
    await keep(10);
    deliver({ concurrency: 3, timeoutMs: 10_000 });
    await waitUntil('the others have arrived', async () => (await states('delivered')) === 8);
    expect(receiver.mostUnderWay).toBeLessThanOrEqual(3);
    expect(await states('pending')).toBe(2);
  });

  it('ends an attempt that takes too long, and says no more of it than that', async () => {
    const answers = ['never'] as const;
    receiver.answer = () => answers[receiver.messages.length - 1] ?? 204;
    await keep(1);
    deliver({ timeoutMs: 100 });
    await waitUntil('it has arrived', async () => (await states('delivered')) === 1);
    expect(said[0]).toBe('The receiver of warnings did not take one: no answer within 100 ms.');
  });

  it('makes each attempt in one process only', async () => {
    await keep(40);
    for (let n = 0; n < 4; n++) deliver({ concurrency: 5 });
    await waitUntil('all have arrived', async () => (await states('delivered')) === 40);
    expect(receiver.messages).toHaveLength(40);
    expect(new Set(receiver.messages.map(({ id }) => id)).size).toBe(40);
  });

  it('leaves alone what another process is about to send, until its lease is over', async () => {
    await keep(1);
    const terms = { leaseMs: DAY_MS, giveUpAfterMs: DAY_MS };
    const [left] = await leaseDeliveries(db.database, 10, terms);
    await keep(1);
    deliver();
    await waitUntil('the other has arrived', async () => (await states('delivered')) === 1);
    expect(receiver.messages.map(({ id }) => id)).not.toContain(left!.warning.warning_id);
    await sql`update warning set next_attempt_at = ledger_now() where attempts = 1 and delivered_at is null`.execute(
      db.database.kysely,
    );
    await waitUntil('it has arrived', async () => (await states('delivered')) === 2);
    expect(receiver.messages).toHaveLength(2);
  });

  it('hands over at once what it had to cut off when it was stopped', async () => {
    receiver.answer = () => (receiver.messages.length === 1 ? 'never' : 204);
    await keep(1);
    const stopped = deliver({ timeoutMs: DAY_MS });
    await waitUntil('it is under way', () => receiver.messages.length === 1);
    await stopped.stop(0);
    expect(await failures()).toEqual(['cut off by a shutdown']);
    deliver({ timeoutMs: DAY_MS });
    await waitUntil('it has arrived', async () => (await states('delivered')) === 1);
  });

  it('tells nothing of the address and the secret', async () => {
    receiver.answer = () => 500;
    await keep(1);
    deliver({
      url: receiver.url.replace('127', 'joe:hidden@127').replace('hook', 'hidden?token=hidden'),
    });
    await waitUntil('it has failed', () => outcomes.includes('failed'));
    const { headers } = receiver.messages[0]!;
    expect(headers['authorization']).toBe(`Basic ${btoa('joe:hidden')}`);
    const rows = await db.database.kysely.selectFrom('warning').selectAll().execute();
    expect(JSON.stringify([rows, said])).not.toMatch(/hidden|joe|MfKQ9r8/);
  });

  const nothingGiven = { account: undefined, pageSize: undefined, pageToken: undefined };

  function deliver({ url = receiver.url, ...given }: Partial<WebhookSettings> = {}) {
    const settings = {
      ...parseWebhookUrl(url)!,
      secrets: parseWebhookSecrets(SECRET)!,
      timeoutMs: 5_000,
      firstRetryMs: 10,
      longestRetryMs: 20,
      giveUpAfterMs: 3 * DAY_MS,
      concurrency: 4,
      pollMs: 10,
      failureMs: 10,
      ...given,
    };
    const deliverer = new WarningDeliverer(db.database, settings, {
      onOutcome: (outcome) => outcomes.push(outcome),
      onTrouble: (sentence) => said.push(sentence),
      onRecovered: (sentence) => said.push(sentence),
      onError: (error) => said.push(String(error)),
    });
    started.push(deliverer);
    deliverer.start();
    return deliverer;
  }

  /** Warnings that are due. */
  async function keep(count: number): Promise<void> {
    await sql`
      insert into warning (budget_id, account, limit_revision, share, limit_amount, spent, position)
      select 'alice', 'user:alice', (select count(*) from warning) + n, 0.8, 100, 85.50, '1:2'
      from generate_series(1, ${count}::int) as n`.execute(db.database.kysely);
  }

  async function states(state: string): Promise<number> {
    const page = await pageWarnings(db.database, nothingGiven);
    if (!page.ok) throw new Error('no page');
    return page.value.items.filter(({ delivered }) => delivered.state === state).length;
  }

  async function failures() {
    const rows = await db.database.kysely.selectFrom('warning').select('last_failure').execute();
    return rows.map((row) => row.last_failure);
  }
});
