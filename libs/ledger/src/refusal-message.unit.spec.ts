import { decide } from './decide';
import { instantOf } from './instant';
import type { BudgetState, DecisionTerms } from './judgement';
import { picoOfDecimal } from './money';
import type { Account } from './account';

const ALICE: Account = { kind: 'user', userId: 'alice' };
const MAY = '2026-05-01T00:00:00Z';

interface Numbers {
  readonly spent: string;
  readonly held?: string;
  readonly limit?: string;
  readonly asked?: string;
  readonly account?: Account;
  readonly end?: string | null;
}

function messageOf({ spent, held = '0', limit = '200', asked, ...rest }: Numbers): string {
  const { account = ALICE, end = MAY } = rest;
  const state: BudgetState = {
    budget: {
      budgetId: 'b',
      account: 'user:alice',
      limitPico: picoOfDecimal(limit),
      window: { type: 'total' },
      warnAt: [],
      enforce: true,
      outage: 'closed',
    },
    account,
    window: { start: null, end: end === null ? null : instantOf(end) },
    spentPico: picoOfDecimal(spent),
    heldPico: picoOfDecimal(held),
  };
  const estimatePico = asked === undefined ? undefined : picoOfDecimal(asked);
  const terms: DecisionTerms = { estimatePico, behind: false, unbudgeted: 'allow' };
  return decide([state], terms).message;
}

/** Word for word as the contract has it: clients match on it. */
describe('the sentence of a refusal', () => {
  it('says what the contract says', () => {
    expect(messageOf({ spent: '200' })).toBe(
      'Budget has been exceeded! User=alice Current cost: 200.00, Max budget: 200.00, Reset At: 2026-05-01T00:00:00Z',
    );
  });

  it('tells holds and the estimate from what is spent', () => {
    expect(messageOf({ spent: '150', held: '40', asked: '20' })).toBe(
      'Budget has been exceeded! User=alice Current cost: 150.00 (+ 40.00 held, 20.00 asked), Max budget: 200.00, Reset At: 2026-05-01T00:00:00Z',
    );
  });

  it.each<[Numbers, string]>([
    [{ spent: '150', held: '50' }, 'Current cost: 150.00 (+ 50.00 held), Max budget: 200.00,'],
    [{ spent: '190', asked: '20' }, 'Current cost: 190.00 (+ 20.00 asked), Max budget: 200.00,'],
    [{ spent: '0', held: '200' }, 'Current cost: 0.00 (+ 200.00 held), Max budget: 200.00,'],
    [{ spent: '0', limit: '0' }, 'Current cost: 0.00, Max budget: 0.00,'],
    [{ spent: '0.54', limit: '0.05' }, 'Current cost: 0.54, Max budget: 0.05,'],
    [
      { spent: '0.000000000001', limit: '0.000000000001' },
      'Current cost: 0.000000000001, Max budget: 0.000000000001,',
    ],
  ])('leaves out parts that are zero: %j', (numbers, part) => {
    expect(messageOf(numbers)).toContain(part);
  });

  it('has no reset for a budget that never resets', () => {
    expect(messageOf({ spent: '200', end: null })).toBe(
      'Budget has been exceeded! User=alice Current cost: 200.00, Max budget: 200.00',
    );
  });

  it.each<[Account, string]>([
    [{ kind: 'key', keyId: 'key-7' }, 'Key=key-7'],
    [{ kind: 'user', userId: 'auth0|7f3' }, 'User=auth0|7f3'],
    [{ kind: 'team', teamId: 'ml' }, 'Team=ml'],
    [{ kind: 'member', teamId: 'ml', userId: 'alice' }, 'User=alice in Team=ml'],
  ])('names %j as %s', (account, noun) => {
    expect(messageOf({ spent: '200', account })).toBe(
      `Budget has been exceeded! ${noun} Current cost: 200.00, Max budget: 200.00, Reset At: 2026-05-01T00:00:00Z`,
    );
  });
});
