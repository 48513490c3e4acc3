import assert from 'node:assert/strict';
import { test } from 'node:test';
import { source } from './support/source.mjs';

const { printExactMoney, printMoney } = await source('money');

/** As decimal.js, big.js and bignumber.js print. */
const decimal = (text) => ({
  toFixed: (digits) =>
    digits === undefined ? text : text.slice(0, text.indexOf('.') + 1 + digits),
});

test('a decimal string is taken as it is', () => {
  assert.equal(printMoney('0.0123', 'amount'), '0.0123');
});

test('a Decimal prints itself in full, with as many digits as the ledger keeps', () => {
  assert.equal(printMoney(decimal('0.00000075'), 'amount'), '0.00000075');
  assert.equal(printMoney(decimal('0.1234567890123456'), 'amount'), '0.123456789012');
});

for (const wrong of [0.1, 1, NaN, 1n, null, undefined, {}, new Number(1), true]) {
  test(`${typeof wrong} ${String(wrong)} is no money`, () => {
    assert.throws(() => printMoney(wrong, 'amount'), {
      name: 'TypeError',
      message: /^amount must/,
    });
  });
}

for (const wrong of ['7.5e-05', '-1', '+1', '.5', '1.', '01', '0.1234567890123', '', ' 1', 'NaN']) {
  test(`a cost of '${wrong}' is refused at once`, () => {
    assert.throws(() => printExactMoney(wrong, 'cost'), {
      name: 'TypeError',
      message: /^cost must/,
    });
  });
}

test('zero is said by the caller, and is money', () => {
  assert.equal(printExactMoney('0', 'cost'), '0');
});
