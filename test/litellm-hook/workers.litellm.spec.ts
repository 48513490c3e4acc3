/** @needs python3 */
import { formatMoney } from '#libs/ledger';
import { HookedLitellm } from './support/hooked-litellm';
import { busiestWorkerOf } from './support/workers-of';

jest.setTimeout(900_000);

/** Whose key it is that a LiteLLM without a database knows. */
const ACCOUNT = 'user:default_user_id';

let live: HookedLitellm;
beforeAll(async () => {
  live = await HookedLitellm.start({ workers: 2 });
});
afterAll(() => live.stop());

it('has the calls of a worker that was killed reported by the other one', async () => {
  const statuses: (number | undefined)[] = [];
  const calls = Array.from({ length: 12 }, () =>
    live.answer('paid', { waitAfter: 0 }).then(
      ({ status }) => statuses.push(status),
      () => statuses.push(undefined),
    ),
  );
  await live.upstream.holds(12);
  process.kill(await busiestWorkerOf(live.proxy, live.upstream.port), 'SIGKILL');
  await live.until('its calls have broken off', () => statuses.length > 0);
  const cut = async () => (await live.balance(ACCOUNT)).unpriced;
  await live.until(
    'the other one has reported them',
    async () => (await cut()) === statuses.length,
  );
  live.upstream.resume();
  await Promise.all(calls);
  const whole = statuses.filter((status) => status === 200).length;
  expect(whole + (await cut())).toBe(12);
  const pico = BigInt(whole) * 62_500_000n;
  await live.untilBalance(ACCOUNT, { spentAllTime: formatMoney(pico), held: '0.00' });
});
