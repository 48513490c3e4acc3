import fc from 'fast-check';
import { accounts, amounts, budgets, instants, propertyOptions } from '#libs/testing';
import { decide } from './decide';
import type { BudgetState, DecisionTerms } from './judgement';

/** Close to each other, so that limits are met to the unit often enough. */
const close = fc.oneof(fc.bigInt(0n, 6n), amounts);
const states: fc.Arbitrary<BudgetState> = fc
  .record({
    budget: budgets,
    limitPico: fc.option(close),
    account: accounts,
    end: fc.option(fc.oneof(fc.constantFrom(0n, 1n), instants)),
    spentPico: close,
    heldPico: close,
  })
  .map(({ budget, limitPico, end, ...rest }) => ({
    ...rest,
    budget: { ...budget, limitPico },
    window: { start: null, end },
  }));
const manyStates = fc.array(states, { maxLength: 6 });
const manyTerms: fc.Arbitrary<DecisionTerms> = fc.record({
  estimatePico: fc.option(close, { nil: undefined }),
  behind: fc.constant(false),
  unbudgeted: fc.constantFrom('allow' as const, 'deny' as const),
});

/** The rule of the contract, written a second time and another way. */
function refuses({ budget, spentPico, heldPico }: BudgetState, terms: DecisionTerms): boolean {
  const { estimatePico } = terms;
  if (!budget.enforce || budget.limitPico === null || estimatePico === 0n) return false;
  if (spentPico + heldPico >= budget.limitPico) return true;
  return estimatePico !== undefined && spentPico + heldPico + estimatePico > budget.limitPico;
}

describe('whatever the budgets and the terms', () => {
  it('allows exactly when no enforced budget would be passed', () => {
    fc.assert(
      fc.property(manyStates, manyTerms, (given, terms) => {
        const denied = given.length === 0 && terms.unbudgeted === 'deny';
        const refused = denied || given.some((state) => refuses(state, terms));
        expect(decide(given, terms).allowed).toBe(!refused);
      }),
      propertyOptions(1000),
    );
  });

  it('lists every budget, in the order given, with its numbers untouched', () => {
    fc.assert(
      fc.property(manyStates, manyTerms, (given, terms) => {
        const { budgets: listed } = decide(given, terms);
        expect(listed).toHaveLength(given.length);
        listed.forEach((judged, at) => expect(judged).toMatchObject(given[at]!));
      }),
      propertyOptions(),
    );
  });

  it('names a blocking budget exactly when one blocks, and its message then says so', () => {
    fc.assert(
      fc.property(manyStates, manyTerms, (given, terms) => {
        const { allowed, blockedBy, message, unbudgeted } = decide(given, terms);
        const blocking = given.filter((state) => refuses(state, terms));
        expect(unbudgeted).toBe(given.length === 0);
        expect(message === '').toBe(allowed);
        expect(blockedBy === null).toBe(blocking.length === 0);
        if (blockedBy === null) return;
        expect(blocking.map(({ budget }) => budget)).toContain(blockedBy.budget);
        expect(message).toMatch(/^Budget has been exceeded! /);
        expect(message.includes('Reset At')).toBe(blockedBy.window.end !== null);
        // Nobody who blocks resets later than the one that is named.
        for (const { window } of blocking) {
          if (blockedBy.window.end === null) continue;
          expect(window.end).not.toBeNull();
          expect(window.end! <= blockedBy.window.end).toBe(true);
        }
      }),
      propertyOptions(500),
    );
  });

  it('remains what may be asked for: that much is allowed, and no more', () => {
    fc.assert(
      fc.property(manyStates, (given) => {
        const terms = { estimatePico: undefined, behind: false, unbudgeted: 'allow' } as const;
        const { remainingPico } = decide(given, terms);
        if (remainingPico === null) {
          expect(decide(given, { ...terms, estimatePico: 10n ** 40n }).allowed).toBe(true);
          return;
        }
        expect(decide(given, { ...terms, estimatePico: remainingPico }).allowed).toBe(true);
        expect(decide(given, { ...terms, estimatePico: remainingPico + 1n }).allowed).toBe(false);
      }),
      propertyOptions(500),
    );
  });

  it('does not depend on the order of the budgets', () => {
    const shuffled = fc
      .uniqueArray(states, { maxLength: 6, selector: ({ budget }) => budget.budgetId })
      .chain((given) =>
        fc.tuple(
          fc.constant(given),
          fc.shuffledSubarray(given, { minLength: given.length, maxLength: given.length }),
        ),
      );
    fc.assert(
      fc.property(shuffled, manyTerms, ([given, other], terms) => {
        const { budgets: _1, ...first } = decide(given, terms);
        const { budgets: _2, ...second } = decide(other, terms);
        expect(second).toEqual(first);
      }),
      propertyOptions(300),
    );
  });

  it('never allows while behind what it would refuse at the limit, nor blocks what is open', () => {
    fc.assert(
      fc.property(manyStates, manyTerms, (given, terms) => {
        const { blockedBy } = decide(given, { ...terms, behind: true });
        const exceeded = given.some(
          ({ budget, spentPico, heldPico }) =>
            budget.enforce && budget.limitPico !== null && spentPico + heldPico >= budget.limitPico,
        );
        const closed = given.some(({ budget }) => budget.enforce && budget.outage === 'closed');
        expect(blockedBy !== null).toBe(terms.estimatePico !== 0n && (exceeded || closed));
      }),
      propertyOptions(500),
    );
  });
});
