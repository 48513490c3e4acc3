import { parsePriceBook } from '#libs/ledger';
import { chargeOf, costOf, type CallEnd, type EndedCall } from './charge-of';

const PICO = 10n ** 12n;
const read = parsePriceBook(
  {
    version: 'v1',
    currency: 'USD',
    models: [
      { match: 'm', input: '1', output: '2' },
      { match: 'm', from: '2026-01-01T00:00:00Z', input: '10', output: '20' },
    ],
  },
  {},
);
if (!read.ok) throw new Error('no prices');
const book = read.value;
const at = BigInt(Date.parse('2025-12-31T23:59:59Z')) * 1000n;
const USAGE = { input: 1_000_000, output: 500_000 };

function cost(call: Partial<EndedCall>, rules: Partial<EndedCall['rules']> = {}, more = {}) {
  const whole: EndedCall = {
    rules: {
      name: 'g',
      onUpstreamError: 'release',
      onInterrupted: 'estimate',
      onMissingUsage: 'estimate',
      ...rules,
    },
    ...{ status: 200, end: 'answered', usage: undefined, model: 'm', ...call },
  };
  const charge = chargeOf(whole);
  return charge.basis === 'none'
    ? 'none'
    : costOf(charge, whole, { book, at, estimatePico: 7n * PICO, ...more });
}

describe('a call that has ended', () => {
  it('costs what its usage comes to by the price in force when it began', () => {
    const said = { gateway: 'g', status: 200, prices: 'v1', usage: USAGE, why: 'usage' };
    expect(cost({ usage: USAGE })).toEqual({
      ...{ basis: 'exact', amountPico: 2n * PICO, model: 'm', metadata: said },
    });
    const inForce = { at: at + 1_000_000n };
    expect(cost({ usage: USAGE }, {}, inForce)).toMatchObject({ amountPico: 20n * PICO });
  });

  it.each<CallEnd>(['not_sent', 'upstream_error', 'interrupted', 'answered'])(
    'costs what its usage comes to, also where it was %s',
    (end) => {
      expect(cost({ usage: USAGE, end, status: 500 })).toMatchObject({ basis: 'exact' });
    },
  );

  it.each([
    ['has no price', { usage: USAGE, model: 'x' }, {}, 'no_price'],
    ['names no model', { usage: USAGE, model: undefined }, {}, 'no_price'],
    ['is priced by nothing', { usage: USAGE }, { book: undefined }, 'no_price'],
    ['says what cannot be', { usage: 'absurd' as const }, {}, 'absurd_usage'],
    ['nobody has estimated', {}, { estimatePico: undefined }, 'missing_usage'],
  ])('is of unknown cost where it %s', (_, call, more, why) => {
    const made = cost(call, {}, more);
    expect(made).toMatchObject({ basis: 'unknown', metadata: { why } });
    expect(made).not.toHaveProperty('amountPico');
  });

  it.each<[Partial<EndedCall>, Partial<EndedCall['rules']>, unknown]>([
    [{ end: 'not_sent', status: 503 }, { onInterrupted: 'estimate' }, 'none'],
    [{ end: 'upstream_error', status: 500 }, {}, 'none'],
    [{ end: 'upstream_error', status: 500 }, { onUpstreamError: 'settle' }, 'estimated'],
    [{ end: 'interrupted' }, {}, 'estimated'],
    [{ end: 'interrupted' }, { onInterrupted: 'unknown' }, 'unknown'],
    [{ end: 'interrupted' }, { onInterrupted: 'release' }, 'none'],
    [{ end: 'answered' }, {}, 'estimated'],
    [{ end: 'answered' }, { onMissingUsage: 'unknown' }, 'unknown'],
    [{ end: 'answered' }, { onMissingUsage: 'release' }, 'none'],
  ])('without usage, %p by %p, is %s', (call, rules, basis) => {
    const made = cost(call, rules);
    expect(made === 'none' ? made : made.basis).toBe(basis);
    if (basis === 'estimated') expect(made).toMatchObject({ amountPico: 7n * PICO });
  });
});
