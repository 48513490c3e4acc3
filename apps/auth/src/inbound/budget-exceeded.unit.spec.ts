import { instantOf } from '#libs/ledger';
import { problemHeaders } from '#libs/runtime';
import { judgedCall } from '#libs/testing';
import { budgetExceeded } from './budget-exceeded';

const decidedAt = '2026-04-27T10:00:00.000700Z';
const refusal = {
  ...judgedCall({ type: 'user', userId: 'alice' }, { decidedAt }),
  decisionId: null,
};

it.each([
  ['2026-04-27T10:00:00.000700Z', '0'],
  ['2026-04-27T10:00:00.000701Z', '1'],
  ['2026-04-27T10:00:01.000700Z', '1'],
  ['2026-04-27T10:00:01.000701Z', '2'],
  ['2026-04-27T10:00:01.001Z', '2'],
])('a call that may pass from %s on is told to wait %s seconds', (earliest, seconds) => {
  const problem = budgetExceeded(refusal, instantOf(earliest));
  expect(problemHeaders(problem)['retry-after']).toBe(seconds);
});
