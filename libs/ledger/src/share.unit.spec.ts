import { picoOfDecimal } from './money';
import { parseShares, shareReached, sharesReached } from './share';

describe('shares of a limit', () => {
  it.each([[[]], [['0.8', '1']], [['1', '0.8']], [['0.000000000001', '1.000']], [['0.80', '0.8']]])(
    '%j are kept as they were given',
    (shares) => {
      expect(parseShares(shares, 'warnAt')).toEqual({ ok: true, value: shares });
    },
  );

  it.each([
    [['0'], 'warnAt[0]'],
    [['0.5', '0.000'], 'warnAt[1]'],
    [['1.000000000001'], 'warnAt[0]'],
    [['1.1'], 'warnAt[0]'],
    [['2'], 'warnAt[0]'],
    [['80'], 'warnAt[0]'],
    [['80%'], 'warnAt[0]'],
    [['-0.5'], 'warnAt[0]'],
    [['.5'], 'warnAt[0]'],
    [['0.'], 'warnAt[0]'],
    [['00.5'], 'warnAt[0]'],
    [['5e-1'], 'warnAt[0]'],
    [[' 0.5'], 'warnAt[0]'],
    [['0.5\n'], 'warnAt[0]'],
    [['0.1234567890123'], 'warnAt[0]'],
    [[''], 'warnAt[0]'],
    [[0.5], 'warnAt[0]'],
    [['0.5', 1], 'warnAt[1]'],
    [[null], 'warnAt[0]'],
    [[['0.5']], 'warnAt[0]'],
  ])('%j has one that is none', (shares, field) => {
    expect(parseShares(shares, 'warnAt')).toMatchObject({
      ok: false,
      errors: [{ field, rule: 'share' }],
    });
  });

  it.each([['0.8'], [{ 0: '0.8', length: 1 }], [null], [undefined], [0.8]])(
    '%j is no list',
    (value) => {
      expect(parseShares(value, 'warnAt')).toMatchObject({
        ok: false,
        errors: [{ field: 'warnAt', rule: 'list' }],
      });
    },
  );

  it('are twenty at most', () => {
    expect(parseShares(Array(20).fill('0.5'), 'warnAt').ok).toBe(true);
    expect(parseShares(Array(21).fill('0.5'), 'warnAt')).toMatchObject({
      errors: [{ field: 'warnAt', rule: 'list' }],
    });
  });
});

describe('the warning', () => {
  const reached = (shares: string[], spent: string, limit: string) =>
    shareReached(shares, picoOfDecimal(spent), picoOfDecimal(limit));

  it.each([
    [['0.8', '1'], '79.999999999999', '100', null],
    [['0.8', '1'], '80', '100', '0.8'],
    [['0.8', '1'], '99.99', '100', '0.8'],
    [['0.8', '1'], '100', '100', '1'],
    [['1', '0.8'], '105', '100', '1'],
    [['0.50', '0.8'], '50', '100', '0.50'],
    [['0.8', '0.80'], '80', '100', '0.8'],
    [['0.000000000001'], '0.000000000001', '1', '0.000000000001'],
    [['0.333333333334'], '1', '3', null],
    [['0.333333333333'], '1', '3', '0.333333333333'],
    [['0.7'], '0.07', '0.1', '0.7'],
    [[], '100', '1', null],
  ])('of %j at %s of %s is %p', (shares, spent, limit, warning) => {
    expect(reached(shares, spent, limit)).toBe(warning);
  });

  it.each([
    [['0.8', '1'], '79.999999999999', '100', []],
    [['1', '0.8'], '80', '100', ['0.8']],
    [['0.8', '1'], '120', '100', ['0.8', '1']],
    [['1', '0.80', '0.8'], '80', '100', ['0.80']],
    [['0.8', '1'], '0', '0', ['0.8', '1']],
  ])('of %j at %s of %s stands for all of %j', (shares, spent, limit, all) => {
    expect(sharesReached(shares, picoOfDecimal(spent), picoOfDecimal(limit))).toEqual(all);
  });

  it('is exact where a float would be off by one unit', () => {
    const limit = '999999999999999.999999999999';
    expect(reached(['1'], '999999999999999.999999999998', limit)).toBeNull();
    expect(reached(['1'], limit, limit)).toBe('1');
  });

  it('is there from the start where the limit is zero', () => {
    expect(reached(['0.5', '1'], '0', '0')).toBe('1');
  });
});
