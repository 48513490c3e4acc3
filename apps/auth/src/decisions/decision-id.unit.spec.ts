import fc from 'fast-check';
import { instantOf, type Scope } from '#libs/ledger';
import { judgedCall, propertyOptions, scopes } from '#libs/testing';
import { freshDecisionId, isDecisionId, refusalId } from './decision-id';

const ALICE: Scope = { type: 'user', userId: 'alice', keyId: 'k' };
type Given = Parameters<typeof judgedCall>[1];

const idOf = (scope: Scope, given: Given = {}) => {
  const { estimatePico } = given;
  return refusalId({ scope, estimatePico }, judgedCall(scope, given));
};

describe('the id of a refusal', () => {
  it('is the same in every process and version', () => {
    expect(idOf(ALICE)).toBe('e40b5cdd-6ae4-830c-bd8b-dbd53773b316');
  });

  it('is a UUID of version 8 for every scope', () => {
    fc.assert(
      fc.property(scopes, (scope) => isDecisionId(idOf(scope))),
      propertyOptions(),
    );
    expect(idOf(ALICE)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8/);
  });

  it('is one for equal refusals of one minute, whatever else has changed', () => {
    const of = (decidedAt: string, position: string) => idOf(ALICE, { decidedAt, position });
    expect(of('2026-04-27T10:00:00Z', '0:1')).toBe(of('2026-04-27T10:00:59.999999Z', '0:9'));
    expect(of('2026-04-27T10:00:59.999999Z', '0:1')).not.toBe(of('2026-04-27T10:01:00Z', '0:1'));
    const reordered = { keyId: 'k', userId: 'alice', type: 'user' } as const;
    expect(idOf(reordered)).toBe(idOf(ALICE));
  });

  it.each<[string, Scope, Given]>([
    ['another scope', { type: 'user', userId: 'alice' }, {}],
    ['a team of the same name', { type: 'team', teamId: 'alice', keyId: 'k' }, {}],
    ['another budget', ALICE, { budgetId: 'c' }],
    ['another sentence', ALICE, { spent: '10.01' }],
    ['another limit', ALICE, { limit: '9.00' }],
    ['an estimate', ALICE, { estimatePico: 1n }],
    ['no budget at all', ALICE, { unbudgeted: 'deny' }],
  ])('is another for %s', (_what, scope, given) => {
    expect(judgedCall(scope, given).allowed).toBe(false);
    expect(idOf(scope, given)).not.toBe(idOf(ALICE));
  });

  it('is another for another estimate, also where the sentence does not say it', () => {
    const denied = (estimatePico: bigint | undefined) =>
      idOf(ALICE, { unbudgeted: 'deny', estimatePico });
    expect(new Set([denied(undefined), denied(0n), denied(1n)]).size).toBe(3);
  });

  it('is another for each scope', () => {
    fc.assert(
      fc.property(scopes, scopes, (one, other) => {
        const isSame = fc.stringify(canonical(one)) === fc.stringify(canonical(other));
        return (idOf(one) === idOf(other)) === isSame;
      }),
      propertyOptions(1000),
    );
  });
});

describe('the id of an answer of its own', () => {
  it('is fresh each time, a UUID of version 7, and in the order of time', () => {
    const at = instantOf('2026-04-27T10:00:00Z');
    const ids = Array.from({ length: 1000 }, () => freshDecisionId(at));
    expect(new Set(ids).size).toBe(1000);
    for (const id of ids) expect(isDecisionId(id)).toBe(true);
    expect(ids[0]).toMatch(/^019dce61-a900-7/);
    expect(freshDecisionId(at + 1000n) > ids[0]!).toBe(true);
  });
});

it.each([
  '',
  'x',
  '019dceae-ff00-7000-8000-00000000000',
  '019DCEAE-FF00-7000-8000-000000000000',
  '019dceae-ff00-4000-8000-000000000000',
  '{019dceae-ff00-7000-8000-000000000000}',
  '019dceae-ff00-7000-8000-000000000000\n',
  'hold-1',
])('%j is no id of a decision', (text) => {
  expect(isDecisionId(text)).toBe(false);
});

function canonical(scope: Scope): [string, string][] {
  return Object.entries(scope)
    .filter(([, id]) => id !== undefined)
    .sort() as [string, string][];
}
