import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { floatCosts, workloadSeed } from '#libs/testing';
import { parseAmount } from './money';

const seed = workloadSeed();
const costs = floatCosts(500, seed);
const API = readFileSync(resolve(__dirname, '../../../docs/api.md'), 'utf8');
/** What docs/api.md says, as it stands there. */
const LINE = /```js\n(.*)\n```/.exec(API)![1]!;

describe(`a cost that was reckoned in floats (FC_SEED=${seed})`, () => {
  it('is often no amount as it prints, and the refusal says how to write it', () => {
    const refusals = costs.flatMap((cost) => {
      const amount = parseAmount(String(cost), 'amount');
      return amount.ok ? [] : amount.errors;
    });
    expect(refusals.length).toBeGreaterThan(50);
    for (const { rule, message } of refusals) {
      expect(rule).toBe('decimal');
      expect(message).toContain('12 after the point, without sign or exponent');
      expect(message).toContain('round a float to 12 digits after the point');
    }
  });

  it('is one as the line for JavaScript writes it, to within half of the last digit', () => {
    for (const cost of costs) {
      const text = runInNewContext(`${LINE} amount`, { cost }) as string;
      const amount = parseAmount(text, 'amount');
      expect([text, amount]).toEqual([text, { ok: true, value: expect.any(BigInt) }]);
      expect(Math.abs(Number(text) - cost)).toBeLessThanOrEqual(5.01e-13);
    }
  });

  it.each(['7.5e-05', '0.30000000000000004', '1e-7', '1E3'])('is refused as %s', (text) => {
    expect(parseAmount(text, 'data.amount')).toMatchObject({
      errors: [{ field: 'data.amount', rule: 'decimal' }],
    });
  });

  it('is one as the line writes it, however large or small', () => {
    const any = fc.double({ min: 0, max: 1e15, maxExcluded: true, noNaN: true });
    for (const cost of fc.sample(any, { numRuns: 500, seed })) {
      const text = runInNewContext(`${LINE} amount`, { cost: cost + 0 }) as string;
      expect([text, parseAmount(text, 'amount').ok]).toEqual([text, true]);
    }
  });
});
