import { instantOf, type BudgetState } from '#libs/ledger';
import { LastKnown, type Moment } from './last-known';

const T0 = instantOf('2026-04-27T10:00:00Z');

/** A snapshot so many microseconds later. */
const moment = (at: bigint): Moment => ({
  now: T0 + at,
  fences: new Map([
    [0, { nextOffset: 10n + at, caughtUpAt: T0 + at - 1n }],
    [1, { nextOffset: 20n, caughtUpAt: undefined }],
  ]),
});
const states = (spentPico: bigint) => [{ spentPico } as BudgetState];

describe('what was last known', () => {
  let known: LastKnown;

  beforeEach(() => {
    known = new LastKnown({ maxAccounts: 3, monotonicMs: () => 0 });
  });

  const read = (at: bigint, ...accounts: readonly string[]) => {
    const snapshot = moment(at);
    known.note(snapshot);
    for (const account of accounts) known.remember(snapshot, account, states(at));
  };
  const remembered = () =>
    ['a', 'b', 'c', 'd', 'e'].filter((account) => known.of(account) !== undefined);

  it('is nothing before anything was read', () => {
    expect(known.latest).toBeUndefined();
    expect(remembered()).toEqual([]);
  });

  it('is of each account what was read last', () => {
    read(1n, 'a', 'b');
    read(2n, 'b');
    expect(known.of('a')).toMatchObject({ states: [{ spentPico: 1n }] });
    expect(known.of('b')).toMatchObject({ states: [{ spentPico: 2n }] });
    expect(known.of('a')!.fences.unpack()).toEqual(moment(1n).fences);
    expect(known.of('b')!.fences.unpack()).toEqual(moment(2n).fences);
    expect(known.latest!.now).toBe(T0 + 2n);
    expect(known.now()).toBe(T0 + 2n);
  });

  it('is not taken back by an answer that was overtaken', () => {
    read(2n, 'a');
    read(1n, 'a');
    expect(known.of('a')).toMatchObject({ states: [{ spentPico: 2n }], fences: { now: T0 + 2n } });
    expect(known.latest!.now).toBe(T0 + 2n);
    expect(known.now()).toBe(T0 + 2n);
  });

  it('is forgotten of the account least recently used, when there are more than may be', () => {
    read(1n, 'a', 'b', 'c');
    read(2n, 'a');
    read(3n, 'd');
    expect(known.size).toBe(3);
    expect(remembered()).toEqual(['a', 'c', 'd']);
  });

  it('is used by asking for it, too', () => {
    read(1n, 'a', 'b', 'c');
    known.of('a');
    read(2n, 'd', 'e');
    expect(remembered()).toEqual(['a', 'd', 'e']);
  });

  it('never is of more accounts than may be, nor of others than the last ones', () => {
    const names = Array.from({ length: 20 }, (_, n) => String.fromCharCode(97 + n));
    for (const [at, name] of names.entries()) {
      read(BigInt(at), name, name);
      expect(known.size).toBe(Math.min(at + 1, 3));
    }
    const last = names.slice(-3);
    expect(names.filter((name) => known.of(name) !== undefined)).toEqual(last);
  });

  it('has the fences of each snapshot, however the answers interleave', () => {
    const [first, second] = [moment(1n), moment(2n)];
    known.note(first);
    known.note(second);
    known.remember(first, 'a', states(1n));
    known.remember(second, 'b', states(2n));
    known.remember(first, 'c', states(1n));
    expect(['a', 'b', 'c'].map((account) => known.of(account)!.fences.now - T0)).toEqual([
      1n,
      2n,
      1n,
    ]);
  });
});
