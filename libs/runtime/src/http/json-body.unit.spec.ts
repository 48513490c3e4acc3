import fc from 'fast-check';
import { Problem } from '../problem';
import { redactSecrets } from '#libs/ledger';
import { parseJson } from './json-body';

const LIMITS = { maxDepth: 32, redact: redactSecrets };

describe('parseJson', () => {
  it('throws nothing but the problem `invalid`, whatever the bytes', () => {
    const jsonish = fc
      .array(fc.constantFrom('{', '}', '[', ']', '"', ':', ',', '\\', 'a', '1', '-', 'e', ' ', 'é'))
      .map((parts) => Buffer.from(parts.join('')));
    const bytes = fc.uint8Array({ maxLength: 64 }).map((array) => Buffer.from(array));
    fc.assert(
      fc.property(fc.oneof(jsonish, bytes), (raw) => {
        try {
          parseJson(raw, { ...LIMITS, maxDepth: 4 });
          expect(() => JSON.parse(raw.toString('utf8')) as unknown).not.toThrow();
        } catch (error) {
          if (!(error instanceof Problem)) throw error;
          expect(error.code).toBe('invalid');
          expect(error.errors.length).toBeGreaterThan(0);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('says that an absent body is empty', () => {
    expect(() => parseJson(undefined, LIMITS)).toThrow('The request is empty');
  });
});
