import fc from 'fast-check';
import { characters } from '#libs/testing';
import { checkJsonTree } from './check-json-tree';
import { parseStoredJson, readJson } from './read-json';

const redact = (text: string) => text.replace(/sk-[A-Za-z0-9_-]{16,}/g, '(secret)');
const LIMITS = { maxDepth: 32, redact };
const read = (text: string, maxDepth = 32) => readJson(Buffer.from(text), { maxDepth, redact });
const faultsOf = (text: string, maxDepth = 32) => {
  const reading = read(text, maxDepth);
  return reading.ok ? [] : reading.errors.map(({ field, rule }) => `${rule}@${field}`);
};

describe('readJson', () => {
  it.each([
    ['', 'json@'],
    ['{', 'json@'],
    ['{"a":1}x', 'json@'],
    ['\uFEFF{}', 'json@'],
    ['{"a":"\\u0000"}', 'well_formed@a'],
    ['{"a":[{},"\\ud800"]}', 'well_formed@a[1]'],
    ['{"data":{"metadata":{"note":"\\udc00"}}}', 'well_formed@data.metadata.note'],
    ['{"a\\u0000":1}', 'well_formed@a\uFFFD'],
    ['{"a":1e999}', 'number@a'],
    ['[9007199254740993]', 'number@[0]'],
    ['[-9007199254740992]', 'number@[0]'],
    ['{"a":1,"a":1}', 'unique_members@a'],
    ['{"a":1,"\\u0061":2}', 'unique_members@a'],
    ['{"items":[{},{"x":{"y":1,"y":{"z":":{"}}}]}', 'unique_members@items[1].x.y'],
    ['{"__proto__":1,"__proto__":2}', 'unique_members@__proto__'],
  ])('refuses %j: %s', (text, fault) => {
    expect(faultsOf(text)).toEqual([fault]);
  });

  it('refuses bytes that are not UTF-8', () => {
    const reading = readJson(Buffer.from([0x22, 0xc3, 0x22]), LIMITS);
    expect(reading).toMatchObject({ ok: false, errors: [{ rule: 'utf8' }] });
  });

  it('counts depth in containers', () => {
    expect(faultsOf('[[{}]]', 3)).toEqual([]);
    expect(faultsOf('[[{"a":[]}]]', 3)).toEqual(['depth@']);
    expect(faultsOf('["[[[[", "\\"[[[["]', 1)).toEqual([]);
  });

  it('survives nesting that would overflow a stack', () => {
    expect(faultsOf('['.repeat(1_000_000))).toEqual(['depth@']);
    expect(faultsOf('{"a":'.repeat(1_000_000))).toEqual(['depth@']);
  });

  it('keeps __proto__ an own member that pollutes nothing', () => {
    const reading = read('{"__proto__":{"polluted":true},"toString":1}');
    const value = (reading as { value: object }).value;
    expect(Object.keys(value)).toEqual(['__proto__', 'toString']);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('never echoes a secret, a value, or an endless name', () => {
    const secret = `sk-${'a'.repeat(20)}`;
    const texts = [
      `{"${secret}":"\\u0000"}`,
      `{"${secret}":1,"${secret}":2}`,
      `{"a": "${secret}" oops}`,
      `${secret}`,
    ];
    for (const text of texts) expect(JSON.stringify(read(text))).not.toContain(secret);
    expect(faultsOf(`{"${'n'.repeat(500)}":"\\u0000"}`)[0]!.length).toBeLessThan(150);
  });

  // The oracle is the tree, not JSON.parse, which gets some escaped names wrong.
  it('reads every well-formed tree as it was written', () => {
    const trees = fc
      .jsonValue({ maxDepth: 5, stringUnit: characters })
      .filter((tree) => checkJsonTree(tree, LIMITS).length === 0);
    fc.assert(
      fc.property(trees, fc.constantFrom(0, 1, 3), (tree, indent) => {
        const reading = read(JSON.stringify(tree, undefined, indent));
        expect(reading.ok && JSON.stringify(reading.value)).toBe(JSON.stringify(tree));
      }),
    );
  });

  it('gets escaped names right after a text that misleads the engine', () => {
    for (let i = 0; i < 100; i += 1) {
      read('{"h":[],"\\\\":0}');
      for (const name of ['"', '\n', '/', 'a']) {
        const escaped =
          name === '/' ? '\\/' : name === 'a' ? '\\u0061' : JSON.stringify(name).slice(1, -1);
        const text = `{"h":1,"${escaped}":2}`;
        const reading = read(text);
        expect(reading.ok && Object.keys(reading.value as object)).toEqual(['h', name]);
        expect(Object.keys(parseStoredJson(text) as object)).toEqual(['h', name]);
      }
    }
  });

  it('finds exactly the texts with a member that stands twice', () => {
    const names = fc.constantFrom('a', 'b', '"', '\\', ':', '{', '__proto__', '');
    const object = fc.array(names, { maxLength: 5 });
    const nested = fc.tuple(object, object);
    fc.assert(
      fc.property(nested, ([outer, inner]) => {
        const write = (list: readonly string[], value: string) =>
          `{${list.map((name) => `${JSON.stringify(name)}:${value}`).join(',')}}`;
        const hasTwice = (list: readonly string[]) => new Set(list).size < list.length;
        const text = write(outer, `[":{",${write(inner, '1')}]`);
        const twice = hasTwice(outer) || (outer.length > 0 && hasTwice(inner));
        expect(faultsOf(text).length > 0).toBe(twice);
        expect(read(text).ok).toBe(!twice);
      }),
    );
  });
});

describe('checkJsonTree', () => {
  it('walks a tree far deeper than the stack', () => {
    let tree: unknown = 1;
    for (let i = 0; i < 200_000; i += 1) tree = { a: tree };
    expect(checkJsonTree(tree, LIMITS)).toMatchObject([{ field: '', rule: 'depth' }]);
    expect(checkJsonTree(tree, { maxDepth: 300_000, redact })).toEqual([]);
  });

  it('reports what JSON does not know', () => {
    const faults = checkJsonTree({ a: Number.NaN, b: 1n, c: [undefined] }, LIMITS);
    expect(faults.map(({ field, rule }) => [field, rule])).toEqual([
      ['a', 'number'],
      ['b', 'json'],
      ['c[0]', 'json'],
    ]);
  });

  it('reports a handful of faults of a hostile tree, not all', () => {
    expect(checkJsonTree(new Array(100_000).fill('\0'), LIMITS)).toHaveLength(20);
  });
});
