/** @needs envoy */
import { formatMoney } from '#libs/ledger';
import { callModel, Wiring } from './support/wiring';

/** Of a token of gpt-5 in docs/gateways/prices.yaml, in 10^-12 units. */
const [INPUT_PICO, OUTPUT_PICO] = [1_250_000n, 10_000_000n];

let wiring: Wiring;
beforeAll(async () => {
  wiring = await Wiring.start();
});
afterAll(() => wiring.stop());

const ALONE = { file: 'envoy-rls.yaml', gateway: 'rls' };
const AFTER_AUTHZ = { file: 'envoy-authz-rls.yaml', gateway: 'plain' };

describe.each([
  ['alone', ALONE],
  ['after ext_authz', AFTER_AUTHZ],
])('a rate limit %s', (name, wired) => {
  it('records what calls cost, JSON and streams, to the last digit', async () => {
    const url = await wiring.envoy(wired);
    const team = `exact-${name.replace(' ', '-')}`;
    await wiring.ledger.setBudget(`team:${team}`, '10');
    let spent = 0n;
    const calls = Array.from({ length: 12 }, (_, n) => {
      const wanted = { input: 7 + n, output: 3 + 2 * n };
      spent += INPUT_PICO * BigInt(wanted.input) + OUTPUT_PICO * BigInt(wanted.output);
      const isStream = n % 2 === 1;
      return callModel(url, {
        headers: { 'x-team': team },
        body: isStream ? { stream: true, stream_options: { include_usage: true } } : {},
        wanted,
      });
    });
    for (const { status } of await Promise.all(calls)) expect(status).toBe(200);
    await wiring.ledger.hasSpent(`team:${team}`, formatMoney(spent));
  });

  it('refuses a call over its budget, and the upstream hears nothing of it', async () => {
    const url = await wiring.envoy(wired);
    const team = `refused-${name.replace(' ', '-')}`;
    await wiring.ledger.setBudget(`team:${team}`, '0');
    wiring.upstream.forget();
    const { status, headers, text } = await callModel(url, { headers: { 'x-team': team } });
    expect(status).toBe(429);
    expect(headers.get('x-spend-blocked-by')).toBe(`team-${team}`);
    expect(JSON.parse(text)).toMatchObject({
      error: { code: 'budget_exceeded', type: 'insufficient_quota' },
    });
    expect(wiring.upstream.calls).toEqual([]);
  });
});

it('refuses a rate limit whose team is a secret: an error could let the call through', async () => {
  const url = await wiring.envoy(ALONE);
  wiring.upstream.forget();
  const { status } = await callModel(url, { headers: { 'x-team': 'sk-abcdefghijklmnopqrstuvwx' } });
  expect(status).toBe(429);
  expect(wiring.upstream.calls).toEqual([]);
});
