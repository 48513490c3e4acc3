import { Problem } from '#libs/runtime';
import type { AnsweredDecision } from '../decisions/answered-decision';
import { budgetDenial, callDenial, faultDenial, GATEWAY_UNKNOWN } from './denial';

const MESSAGE = 'Budget has been exceeded! User=josé "x" Current cost: 2.00, Max budget: 1.00';
const decision = {
  ...{ decisionId: 'd-1', allowed: false, remainingPico: 0n, message: MESSAGE, decidedAt: 0n },
  ...{ unbudgeted: false, budgets: [], position: '', asOf: 0n, lagMs: 0, degraded: false },
  blockedBy: { budget: { budgetId: 'b-1' }, window: { start: null, end: null } },
} as unknown as AnsweredDecision;
const PLAIN = { deny: { status: 429 }, style: 'plain' } as const;
const SECOND = 1_000_000n;

describe('a refusal of a budget', () => {
  it('is what clients of OpenAI know, with the ledger’s words', () => {
    expect(budgetDenial(decision, 30n * SECOND, PLAIN)).toEqual({
      ...{ code: 'budget_exceeded', status: 429, grpcStatus: 8, message: MESSAGE },
      headers: {
        'content-type': 'application/json',
        'retry-after': '30',
        'x-spend-decision-id': 'd-1',
        'x-spend-blocked-by': 'b-1',
        'x-spend-remaining': '0.00',
      },
      body: JSON.stringify({
        error: {
          message: MESSAGE,
          type: 'insufficient_quota',
          param: null,
          code: 'budget_exceeded',
        },
      }),
    });
  });

  it.each(['never', 'unknown', 3600n * SECOND] as const)(
    'tells clients not to try again where that is of no use soon: %s',
    (earliest) => {
      const { headers } = budgetDenial(decision, earliest, PLAIN);
      expect(headers['x-should-retry']).toBe('false');
    },
  );

  it('is 403 for nginx, whose own answer is made of headers', () => {
    const { status, headers } = budgetDenial(decision, 'never', {
      deny: { status: 402 },
      style: 'nginx',
    });
    expect(status).toBe(403);
    expect(headers).toMatchObject({ 'x-spend-status': '402', 'x-spend-reason': 'budget_exceeded' });
    expect(headers['x-spend-message']).toMatch(/^[\x20-\x7e]+$/);
    expect(JSON.parse(`"${headers['x-spend-message']}"`)).toBe(MESSAGE);
  });
});

it.each([
  ['scope_unknown', 403, 7],
  ['model_unknown', 400, 3],
  ['invalid', 400, 3],
  ['forbidden', 403, 7],
] as const)('a call that is refused as %s is %s', (code, status, grpcStatus) => {
  const denial = callDenial(code, 'Why.', PLAIN);
  expect(denial).toMatchObject({ status, grpcStatus });
  expect(JSON.parse(denial.body)).toEqual({
    error: { message: 'Why.', type: 'invalid_request_error', param: null, code },
  });
});

it('a ledger that cannot answer, and a gateway that it does not know, are 503 in every style', () => {
  const problem = new Problem('unavailable', 'Away.', { retryAfterSeconds: 2 });
  expect(faultDenial(problem, { style: 'nginx' })).toMatchObject({
    ...{ status: 503, grpcStatus: 14, headers: { 'retry-after': '2' } },
  });
  expect(GATEWAY_UNKNOWN.status).toBe(503);
});
