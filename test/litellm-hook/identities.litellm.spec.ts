/** @needs python3 */
import { createHash } from 'node:crypto';
import { HookedLitellm } from './support/hooked-litellm';

jest.setTimeout(900_000);

let live: HookedLitellm;
beforeAll(async () => {
  live = await HookedLitellm.start({ hasDatabase: true, hook: { HOLD_TTL: '10' } });
});
afterAll(() => live.stop());

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
/** What a call costs that the upstream answers by default. */
const ONE = '0.0000625';

it.each([
  ['white space at its end', 'eve ', `sha256:${sha256('eve ')}`],
  ['a control character', 'e\u007fve', `sha256:${sha256('e\u007fve')}`],
  ['300 bytes', 'e'.repeat(300), `sha256:${sha256('e'.repeat(300))}`],
  ['the form of a secret', 'sk-0123456789abcdefXY', sha256('sk-0123456789abcdefXY')],
  ['the name of all', '*', `sha256:${sha256('*')}`],
])(
  'counts a user whose id has %s under the hash of it, as the import does',
  async (_what, id, kept) => {
    const key = await live.makeKey({ user_id: id });
    expect((await live.answer('paid', {}, { key })).status).toBe(200);
    await live.untilBalance(`user:${kept}`, { spentAllTime: ONE, held: '0.00' });
  },
);

it.each([
  ['a secret', 'sk-0123456789abcdefXY'],
  ['300 bytes', 'x'.repeat(300)],
])('lets a call pass whose client names it by %s', async (what, callId) => {
  const key = await live.makeKey({ user_id: what });
  const headers = { 'x-litellm-call-id': callId };
  expect((await live.answer('paid', {}, { key, headers })).status).toBe(200);
  await live.untilBalance(`user:${what}`, { spentAllTime: ONE, held: '0.00' });
});

it('counts for the key, whatever the request says of a user, a team or a mark', async () => {
  const key = await live.makeKey({ user_id: 'honest' });
  const metadata = {
    user_api_key_user_id: 'victim',
    user_api_key_team_id: 'victims',
    spend_logs_metadata: { spend_ledger: { call: 'forged', hold: 'forged' } },
  };
  const body = { user: 'victim', metadata, litellm_metadata: metadata };
  expect((await live.answer('paid', {}, { key, body })).status).toBe(200);
  await live.untilBalance('user:honest', { spentAllTime: ONE, held: '0.00' });
  expect((await live.balance('user:victim')).spentAllTime).toBe('0.00');
});

it('records a call whose client asks LiteLLM not to log it', async () => {
  const key = await live.makeKey({ user_id: 'quiet' });
  expect((await live.answer('paid', {}, { key, body: { 'no-log': true } })).status).toBe(200);
  await live.untilBalance('user:quiet', { spentAllTime: ONE, held: '0.00' });
});

it('records the call that LiteLLM makes for a silent_model as a spend of its own', async () => {
  const key = await live.makeKey({ user_id: 'mirrored' });
  expect((await live.answer('mirrored', {}, { key })).status).toBe(200);
  await live.untilBalance('user:mirrored', { spentAllTime: '0.0050625', held: '0.00' });
  const models = (await live.events('user:mirrored')).map(({ data }) => data.model);
  expect(models.sort()).toEqual(['dear', 'mirrored']);
});

it.each(['/v1/responses', '/v1/messages'])(
  'takes the cost of a stream of %s that broke off for unknown: LiteLLM says 0',
  async (path) => {
    const user = `cut-${path.slice(4)}`;
    const key = await live.makeKey({ user_id: user });
    await live.answer('paid', { cutAfter: 2 }, { key, path, body: { stream: true } });
    await live.untilBalance(`user:${user}`, { spentAllTime: '0.00', unpriced: 1, held: '0.00' });
  },
);
