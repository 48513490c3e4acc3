import fc from 'fast-check';
import { propertyOptions } from '#libs/testing';
import { mutatedBytes, mutatedTree } from './mutations';
import { requestBytes } from './wire-bytes';

/** Feeds a property so many inputs; a failure prints its seed and path. */
export function fuzz<T>(
  inputs: fc.Arbitrary<T>,
  runs: number,
  property: (input: T) => Promise<unknown>,
): Promise<void> {
  return fc.assert(
    fc.asyncProperty(inputs, async (input) => {
      await property(input);
    }),
    propertyOptions(runs),
  );
}

/** Bodies of HTTP: valid ones with a tree or bytes changed, and noise. */
export const bodies = (valid: fc.Arbitrary<unknown>) =>
  fc.oneof(
    mutatedTree(valid).map(bytesOf),
    mutatedBytes(valid.map(bytesOf)),
    fc.uint8Array({ maxLength: 64 }),
  );

/** Messages of gRPC likewise. @param path such as `BudgetService/Check` */
export const messages = (path: string, valid: fc.Arbitrary<object>) =>
  fc.oneof(
    mutatedBytes(valid.map((request) => requestBytes(path, request))),
    fc.uint8Array({ maxLength: 64 }),
  );

/** What a header can carry at all. */
export const headerTexts = fc.string({
  unit: fc
    .integer({ min: 0x20, max: 0xff })
    .filter((code) => code < 0x7f || code > 0x9f)
    .map((code) => String.fromCharCode(code)),
  maxLength: 20,
});

function bytesOf(tree: unknown): Buffer {
  return Buffer.from(JSON.stringify(tree) ?? '');
}
