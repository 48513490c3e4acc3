import { formatInstant, instantOf, type Scope } from '#libs/ledger';
import { MinuteQuota } from '#libs/runtime';
import { judgedCall } from '#libs/testing';
import type { Decision } from '../decision';
import type { KeptDecision } from './answered-decision';
import { DecisionQueue } from './decision-queue';
import { DecisionKeeper } from './keep-decision';

const ALICE: Scope = { type: 'user', userId: 'alice' };

function kept(decisionId: string, second = 0, spent = '10.00'): KeptDecision {
  const decidedAt = `2026-04-27T10:00:${String(second).padStart(2, '0')}Z`;
  const decision = judgedCall(ALICE, { decidedAt, spent });
  const lastDecidedAt = decision.decidedAt;
  return { decisionId, decision, scope: ALICE, estimatePico: undefined, count: 1, lastDecidedAt };
}

const summary = (entries: readonly KeptDecision[]) =>
  entries.map(({ decisionId, count }) => `${decisionId} ${count}`);

describe('the queue of decisions', () => {
  it('has one entry for equal ones: the first, with how many there were and the latest time', () => {
    const queue = new DecisionQueue(10);
    for (const second of [5, 9, 7]) expect(queue.add(kept('a', second))).toBe(true);
    expect(queue.length).toBe(1);
    const [entry] = queue.take(10);
    expect(entry).toMatchObject({ decisionId: 'a', count: 3 });
    expect(entry!.decision.decidedAt).toBe(instantOf('2026-04-27T10:00:05Z'));
    expect(formatInstant(entry!.lastDecidedAt)).toBe('2026-04-27T10:00:09Z');
  });

  it('takes no more ids than it has room for, and more of an id it has', () => {
    const queue = new DecisionQueue(2);
    expect(['a', 'b', 'c', 'a'].map((id) => queue.add(kept(id)))).toEqual([
      true,
      true,
      false,
      true,
    ]);
    expect(summary(queue.take(10))).toEqual(['a 2', 'b 1']);
  });

  it('counts what is being written, until it is on record', () => {
    const queue = new DecisionQueue(2);
    queue.add(kept('a'));
    queue.add(kept('b'));
    queue.take(1);
    expect(queue.add(kept('c'))).toBe(false);
    queue.written();
    expect(queue.add(kept('c'))).toBe(true);
    expect([queue.length, queue.waitingLength]).toEqual([2, 2]);
  });

  it('gives what was allowed at most half of the room', () => {
    const queue = new DecisionQueue(4);
    const ids = ['a', 'b', 'c'];
    expect(ids.map((id) => queue.add(kept(id, 0, '0.00')))).toEqual([true, true, false]);
    expect(ids.map((id) => queue.add(kept(`${id}!`)))).toEqual([true, true, false]);
  });

  it('has again what could not be written, first and with what came meanwhile', () => {
    const queue = new DecisionQueue(10);
    for (const id of ['a', 'b', 'c']) queue.add(kept(id));
    expect(summary(queue.take(2))).toEqual(['a 1', 'b 1']);
    queue.add(kept('b', 30));
    queue.add(kept('d'));
    expect(queue.find('b')).toMatchObject({ count: 2 });
    queue.putBack();
    expect(queue.length).toBe(4);
    const again = queue.take(10);
    expect(summary(again)).toEqual(['a 1', 'b 2', 'c 1', 'd 1']);
    expect(again[1]!.decision.decidedAt).toBe(instantOf('2026-04-27T10:00:00Z'));
  });

  it('gives the one of an id before its turn', () => {
    const queue = new DecisionQueue(10);
    for (const id of ['a', 'b']) queue.add(kept(id));
    expect(summary(queue.take(1, 'b'))).toEqual(['b 1']);
    queue.written();
    expect(queue.find('b')).toBeUndefined();
    expect(queue.take(1, 'b')).toEqual([]);
    expect(queue.find('a')).toBeDefined();
  });
});

describe('keeping', () => {
  const outcomes: string[] = [];
  const keeper = (record: 'refusals' | 'all', most = 10, refusals?: MinuteQuota) =>
    new DecisionKeeper(new DecisionQueue(most), {
      record,
      count: (outcome) => outcomes.push(outcome),
      ...(refusals && { refusals }),
    });
  const question = { scope: ALICE, estimatePico: undefined };
  const refusal = judgedCall(ALICE);
  const allowed = judgedCall(ALICE, { spent: '0.00' });

  beforeEach(() => {
    outcomes.length = 0;
  });

  it('of refusals gives equal ones one id, and what is allowed none', () => {
    const refusals = keeper('refusals');
    const answers = [refusal, refusal, allowed].map((decision) =>
      refusals.keep(decision, question, 'test'),
    );
    expect(answers[0]).toEqual({ ...refusal, decisionId: expect.any(String) });
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[2]).toEqual({ ...allowed, decisionId: null });
    expect(outcomes).toEqual(['kept', 'kept']);
  });

  it('of all gives each allowed answer an id of its own', () => {
    const all = keeper('all');
    const ids = [refusal, allowed, allowed].map(
      (given) => all.keep(given, question, 'test').decisionId,
    );
    expect(new Set(ids).size).toBe(3);
    expect(ids).not.toContain(null);
  });

  it('keeps so many different refusals of a caller a minute, and answers the others as ever', () => {
    const limited = keeper('all', 10, new MinuteQuota(1, () => 0));
    const other = judgedCall(ALICE, { spent: '11.00' });
    const kept = (decision: Decision, caller: string) =>
      limited.keep(decision, question, caller).decisionId !== null;
    expect([kept(refusal, 'one'), kept(refusal, 'one'), kept(other, 'one')]).toEqual([
      ...[true, true, false],
    ]);
    expect([kept(other, 'two'), kept(allowed, 'one'), kept(allowed, 'one')]).toEqual([
      ...[true, true, true],
    ]);
    expect(outcomes.filter((outcome) => outcome === 'over_limit')).toHaveLength(1);
  });

  it('says so where there is no room', () => {
    const full = keeper('refusals', 1);
    full.keep(refusal, question, 'test');
    const other = judgedCall(ALICE, { spent: '11.00' });
    expect(full.keep(other, question, 'test')).toEqual({ ...other, decisionId: null });
    expect(full.keep(refusal, question, 'test').decisionId).toEqual(expect.any(String));
    expect(outcomes).toEqual(['kept', 'dropped', 'kept']);
  });
});
