/** @needs python3 */
import { HookedLitellm } from './support/hooked-litellm';

jest.setTimeout(900_000);

/** Whose key it is that a LiteLLM without a database knows. */
const ACCOUNT = 'user:default_user_id';
/** Longer than a busy machine takes for an extension. */
const TTL = 10;

let live: HookedLitellm;
beforeAll(async () => {
  live = await HookedLitellm.start();
});
afterAll(() => live.stop());

const answered = async (count: number) => {
  const calls = Array.from({ length: count }, () => live.answer('paid'));
  for (const { status } of await Promise.all(calls)) expect(status).toBe(200);
};

it('takes the cost of calls that a kill cut short for unknown, and counts the others once', async () => {
  await answered(4);
  await live.untilBalance(ACCOUNT, { spentAllTime: '0.00025', held: '0.00' });
  const cut = Array.from({ length: 6 }, () =>
    live.answer('paid', { waitAfter: 0 }).catch(() => undefined),
  );
  await live.upstream.holds(6);
  await live.proxy.end('SIGKILL');
  // The upstream answers them all, and bills them, but nobody hears it.
  live.upstream.resume();
  await Promise.all(cut);
  await live.proxy.restart({ OUTAGE: 'open' });
  await live.untilBalance(ACCOUNT, { spentAllTime: '0.00025', held: '0.00', unpriced: 6 });
  await answered(1);
  await live.untilBalance(ACCOUNT, { spentAllTime: '0.0003125', held: '0.00', unpriced: 6 });
});

it('loses no cost when the ledger is killed, and then the proxy too', async () => {
  await live.ledger.end('SIGKILL');
  await answered(10);
  // LiteLLM logs a call behind its answer.
  await live.until('the journal has all', async () => (await live.proxy.dueReports()) === 10);
  await live.proxy.end('SIGKILL');
  await live.ledger.restart();
  await live.proxy.restart({ HOLD_TTL: `${TTL}` });
  await live.untilBalance(ACCOUNT, { spentAllTime: '0.0009375', held: '0.00', unpriced: 6 });
  const events = await live.events(ACCOUNT);
  expect(events.filter(({ source }) => source === 'litellm-hook/litellm')).toHaveLength(10);
});

it('keeps the hold of a call that lasts for longer than the hold was taken for', async () => {
  const call = live.answer('paid', { waitAfter: 0 });
  await live.upstream.holds(1);
  const hold = async () => {
    const { body } = await live.ledger.http.get(`/v1/holds?account=${ACCOUNT}&state=active`);
    return (body as { items: { createdAt: string; expiresAt: string }[] }).items[0];
  };
  await live.until('it was extended twice', async () => {
    const { createdAt, expiresAt } = (await hold())!;
    return Date.parse(expiresAt) - Date.parse(createdAt) > TTL * 1000 + TTL * 900;
  });
  live.upstream.resume();
  expect((await call).status).toBe(200);
  await live.untilBalance(ACCOUNT, { spentAllTime: '0.001', held: '0.00', unpriced: 6 });
});

it('has sent everything when an operator stops it', async () => {
  await answered(5);
  await live.proxy.end('SIGTERM');
  await live.untilBalance(ACCOUNT, { spentAllTime: '0.0013125', held: '0.00', unpriced: 6 });
});
