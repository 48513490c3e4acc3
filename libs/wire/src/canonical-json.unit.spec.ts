import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { characters, propertyOptions } from '#libs/testing';
import { canonicalJson } from './canonical-json';

describe('the canonical form of JSON', () => {
  // Hypothesis: for some tree, what JSON.stringify writes is not what the package writes.
  it('is what the package makes of any tree', () => {
    const key = fc.oneof(
      fc.constantFrom('', '0', '10', '9a', '2', '__proto__', 'toJSON', 'constructor', 'a', 'b'),
      fc.string({ unit: characters, maxLength: 3 }),
    );
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof({ depthSize: 'small' }, tie('leaf'), tie('list'), tie('object')),
      leaf: fc.oneof(
        fc.string({ unit: characters }),
        fc.constantFrom('\\', '\\ud800', '"', '\u0000', '\u2028', null, true, false, -0, undefined),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
      ),
      list: fc.array(tie('tree'), { maxLength: 4 }),
      object: fc.dictionary(key, tie('tree'), { maxKeys: 5, noNullPrototype: true }),
    }));
    const property = fc.property(fc.array(tree), fc.dictionary(key, tree), (list, object) => {
      expect(canonicalJson(list)).toBe(canonicalize(list));
      expect(canonicalJson(object)).toBe(canonicalize(object));
      expect(canonicalJson({ list, object })).toBe(canonicalize({ list, object }));
    });
    fc.assert(property, propertyOptions(500));
  });

  it.each([
    ['{"b":{"d":1,"c":2},"a":[{"f":1,"e":2}]}', '{"a":[{"e":2,"f":1}],"b":{"c":2,"d":1}}'],
    ['{"a":{"c":1,"b":2},"d":0}', '{"a":{"b":2,"c":1},"d":0}'],
    ['{"10":1,"2":2,"1a":3}', '{"10":1,"1a":3,"2":2}'],
    ['{"b":1,"__proto__":{"d":1,"c":2}}', '{"__proto__":{"c":2,"d":1},"b":1}'],
    ['{"__proto__":{"d":1,"c":2},"b":1}', '{"__proto__":{"c":2,"d":1},"b":1}'],
    [String.raw`{"b":"\\ud800","a":1}`, String.raw`{"a":1,"b":"\\ud800"}`],
  ])('of %s is %s', (text, canonical) => {
    expect(canonicalJson(JSON.parse(text) as object)).toBe(canonical);
  });

  it('is as deep as the tree', () => {
    const nested = (levels: number): object =>
      levels === 0 ? {} : { b: nested(levels - 1), a: 1 };
    expect(canonicalJson(nested(200))).toBe(canonicalize(nested(200)));
  });

  it.each([
    [{ a: '\ud800' }],
    [{ '\udc00': 1 }],
    [{ b: 1, a: ['\ud83d'] }],
    [{ a: Number.NaN }],
    [{ b: 1, a: [Infinity] }],
    [{ a: 1n }],
  ])('is refused where there is none: %p', (tree) => {
    expect(() => canonicalJson(tree)).toThrow();
  });

  it('leaves what is no plain tree to the package', () => {
    const date = new Date(0);
    const tree = { z: date, b: new String('x'), a: [undefined, () => 1], toJSON: null };
    expect(canonicalJson(tree)).toBe(canonicalize(tree));
    expect(canonicalJson({ b: { toJSON: () => ({ d: 1, c: 2 }) } })).toBe('{"b":{"c":2,"d":1}}');
  });
});
