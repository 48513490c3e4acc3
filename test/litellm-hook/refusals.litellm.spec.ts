/** @needs python3 */
import { HookedLitellm, type Asked } from './support/hooked-litellm';

jest.setTimeout(900_000);

/** Whose key it is that a LiteLLM without a database knows. */
const ACCOUNT = 'user:default_user_id';
const TOO_MUCH = { max_tokens: 2000 };

let live: HookedLitellm;
beforeAll(async () => {
  live = await HookedLitellm.start();
  await live.ledger.http.setBudget('own', ACCOUNT, '1.00', {
    window: { type: 'calendar', unit: 'month', zone: 'UTC' },
  });
});
afterAll(() => live.stop());

const refuse = (asked: Asked) =>
  live.answer('dear', {}, { ...asked, body: { ...TOO_MUCH, ...asked.body } });

it('answers as LiteLLM’s own budgets do, and says why', async () => {
  const { status, headers, body } = await refuse({});
  expect(status).toBe(422);
  const { resetsAt } = (
    await live.ledger.http.check({ type: 'user', userId: 'default_user_id' }, { estimate: '2' })
  ).body;
  expect(body).toEqual({
    error: {
      message: `Budget has been exceeded! User=default_user_id Current cost: 0.00 (+ 2.00 asked), Max budget: 1.00, Reset At: ${resetsAt}`,
      type: 'budget_exceeded',
      param: null,
      code: '422',
      provider_specific_fields: {
        spend_ledger: {
          decisionId: headers.get('x-spend-ledger-decision'),
          blockedBy: 'own',
          resetsAt,
          remaining: '1.00',
        },
      },
    },
  });
  expect(headers.get('x-should-retry')).toBe('false');
  // It asks for more than there ever is.
  expect(headers.get('retry-after')).toBeNull();
  expect(headers.get('x-spend-ledger-blocked-by')).toBe('own');
  expect(headers.get('x-spend-ledger-resets-at')).toBe(resetsAt);
  expect(headers.get('x-spend-ledger-remaining')).toBe('1.00');
  const { body: kept } = await live.ledger.http.get(
    `/v1/decisions/${headers.get('x-spend-ledger-decision')}`,
  );
  expect(kept).toMatchObject({ allowed: false, blockedBy: 'own' });
});

it.each([
  ['a stream', { body: { stream: true } }],
  ['/v1/responses', { path: '/v1/responses', body: { max_output_tokens: 2000 } }],
  [
    'a stream of /v1/responses',
    { path: '/v1/responses', body: { max_output_tokens: 2000, stream: true } },
  ],
  ['/v1/completions', { path: '/v1/completions' }],
])('refuses %s before it begins', async (_what, asked) => {
  const { status, headers, body } = await refuse(asked);
  expect([status, body.error.type]).toEqual([422, 'budget_exceeded']);
  expect(headers.get('x-spend-ledger-blocked-by')).toBe('own');
});

it('refuses /v1/messages in the shape that Anthropic’s clients read', async () => {
  const { status, body } = await refuse({ path: '/v1/messages' });
  expect(status).toBe(422);
  expect(body).toMatchObject({
    type: 'error',
    error: {
      type: 'api_error',
      message: expect.stringContaining('Budget has been exceeded!'),
    },
  });
});

it('calls no model for any of them, and holds nothing', async () => {
  expect(live.upstream.attempts).toEqual([]);
  expect(await live.balance(ACCOUNT)).toEqual({ spentAllTime: '0.00', held: '0.00', unpriced: 0 });
});

it('lets no call pass while the ledger is down, says when to ask again, and goes on once it is back', async () => {
  await live.ledger.end('SIGKILL');
  const { status, headers, body } = await live.answer(
    'dear',
    { output: 1 },
    { body: { max_tokens: 1 } },
  );
  expect([status, body.error.type]).toEqual([503, 'budget_check_unavailable']);
  expect(headers.get('retry-after')).toBe('5');
  expect(live.upstream.attempts).toEqual([]);
  await live.ledger.restart();
  const again = await live.answer('dear', { output: 1 }, { body: { max_tokens: 1 } });
  expect(again.status).toBe(200);
  await live.untilBalance(ACCOUNT, { spentAllTime: '0.001', held: '0.00' });
});

it('refuses a request to several models, of which LiteLLM would log one', async () => {
  const before = live.upstream.attempts.length;
  const { status, body } = await live.answer('dear,paid');
  expect([status, body.error.type, body.error.message]).toEqual([
    400,
    'invalid_request_error',
    expect.stringContaining('Ask each model in a request of its own.'),
  ]);
  expect(live.upstream.attempts).toHaveLength(before);
});
