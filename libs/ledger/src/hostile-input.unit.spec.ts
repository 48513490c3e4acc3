import fc from 'fast-check';
import { characters, propertyOptions } from '#libs/testing';
import { parseAccount } from './account';
import { parseBudget, parseBudgetId } from './budget';
import { parseBudgetTarget } from './budget-target';
import { parseId } from './id';
import { parseInstant } from './instant';
import { parseAmount } from './money';
import { parsePosition } from './position';
import type { Parsed } from './result';
import { parseScope } from './scope';
import { isSecret, redactSecrets, secretFaults } from './secret';
import { parseShares } from './share';
import { parseWindowRule } from './window/parse-window-rule';

const PARSERS: Readonly<Record<string, (value: unknown) => Parsed<unknown>>> = {
  parseAmount: (value) => parseAmount(value, 'f'),
  parseInstant: (value) => parseInstant(value, 'f'),
  parseId: (value) => parseId(value, 'f'),
  parseScope: (value) => parseScope(value, 'f'),
  parseAccount: (value) => parseAccount(value, 'f'),
  parseBudgetTarget: (value) => parseBudgetTarget(value, 'f'),
  parseBudgetId: (value) => parseBudgetId(value, 'f'),
  parseBudget: (value) => parseBudget('b', value),
  parsePosition: (value) => parsePosition(value, 'f'),
  parseShares: (value) => parseShares(value, 'f'),
  parseWindowRule: (value) => parseWindowRule(value, 'f'),
};

const anything = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withNullPrototype: true,
  withSparseArray: true,
  withTypedArray: true,
  withUnicodeString: true,
});
/** Objects that look like what is read, with anything for members. */
const lookalikes = fc.record(
  {
    type: fc.oneof(fc.constantFrom('key', 'user', 'team', 'total', 'calendar'), anything),
    keyId: anything,
    userId: anything,
    teamId: anything,
    account: fc.oneof(fc.constantFrom('user:*', 'member:a/*', 'user:%'), anything),
    limit: anything,
    window: fc.oneof(fc.record({ type: fc.constant('total'), from: anything }), anything),
    warnAt: fc.oneof(fc.array(anything), anything),
    enforce: anything,
    outage: anything,
    validUntil: anything,
    from: anything,
  },
  { requiredKeys: [] },
);
/** Texts that begin like what is read. */
const texts = fc
  .tuple(
    fc.constantFrom('', 'user:', 'member:', 'member:%', '2026-04-27T10:00:00', '1:', '0.', 'sk-'),
    fc.string({ unit: characters }),
    fc.constantFrom('', '/*', '/', 'Z', ',1:1', '%', '\ud800'),
  )
  .map((parts) => parts.join(''));

describe('input of any kind', () => {
  it.each(Object.keys(PARSERS))(
    'gets an answer from %s: a value or faults, never a throw',
    (name) => {
      fc.assert(
        fc.property(fc.oneof(anything, lookalikes, texts), (value) => {
          const result = PARSERS[name]!(value);
          if (result.ok) return;
          expect(result.errors.length).toBeGreaterThan(0);
          for (const fault of result.errors) {
            expect(Object.values(fault).every((text) => typeof text === 'string')).toBe(true);
            expect(fault.message.isWellFormed() && fault.field.isWellFormed()).toBe(true);
            expect(fault.message).not.toBe('');
          }
        }),
        propertyOptions(300),
      );
    },
  );

  it('may be searched for secrets', () => {
    fc.assert(
      fc.property(texts, fc.jsonValue(), (text, tree) => {
        expect(typeof isSecret(text)).toBe('boolean');
        expect(typeof redactSecrets(text)).toBe('string');
        expect(Array.isArray(secretFaults(tree, ''))).toBe(true);
      }),
      propertyOptions(300),
    );
  });
});
