import { parseSpend } from './parse-spend';

const ATTRIBUTES = {
  id: 'call-1',
  source: 'gateway-a',
  type: 'spendledger.spend.recorded.v1',
  time: '2026-04-27T10:00:00Z',
};

function faultsOf(metadata: unknown): string[] {
  const data = { scope: { type: 'key', keyId: 'k' }, amount: '1', metadata };
  const spend = parseSpend({ attributes: ATTRIBUTES, data }, { currency: 'USD' });
  return spend.ok ? [] : spend.errors.map(({ field, rule }) => `${field} ${rule}`);
}

/** An object that is so many levels deep, objects and lists in turn. */
function nested(levels: number): unknown {
  let tree: unknown = levels % 2 ? {} : [];
  for (let left = levels - 1; left > 0; left--) tree = left % 2 ? { a: tree } : [tree];
  return tree;
}

describe('metadata', () => {
  it('has at most 8 KiB, counted in bytes of its JSON', () => {
    const around = '{"a":""}'.length;
    expect(faultsOf({ a: 'x'.repeat(8192 - around) })).toEqual([]);
    expect(faultsOf({ a: 'x'.repeat(8193 - around) })).toEqual(['data.metadata size']);
    expect(faultsOf({ a: 'é'.repeat((8192 - around) / 2) })).toEqual([]);
    expect(faultsOf({ a: 'é'.repeat((8192 - around) / 2 + 1) })).toEqual(['data.metadata size']);
    expect(faultsOf({ ['x'.repeat(8192)]: 1 })).toEqual(['data.metadata size']);
  });

  it('is as deep as an event may be, its own two levels counted', () => {
    expect(faultsOf(nested(30))).toEqual([]);
    expect(faultsOf(nested(31))).toEqual(['data.metadata depth']);
    expect(faultsOf(nested(4000))).toEqual(['data.metadata depth']);
  });

  // A database that cannot hold them would stop at the record, and every replay again.
  it.each([
    [{ a: '\u0000' }, 'data.metadata.a well_formed'],
    [{ a: { b: ['x', '\ud800'] } }, 'data.metadata.a.b[1] well_formed'],
    [{ '\u0000': 1 }, 'data.metadata.\ufffd well_formed'],
    [{ '\udc00x': 1 }, 'data.metadata.\ufffdx well_formed'],
    [{ a: Infinity }, 'data.metadata.a number'],
    [{ a: 2 ** 53 }, 'data.metadata.a number'],
  ])('has neither U+0000, nor half a pair, nor a number out of range: %j', (metadata, fault) => {
    expect(faultsOf(metadata)).toEqual([fault]);
  });

  it.each([
    [{}],
    [{ '': '' }],
    [{ '"\\': '\n\t\u0001\u007f' }],
    [{ a: 0.1, b: -0, c: 1e-7, d: 2 ** 53 - 1 }],
    [JSON.parse('{"__proto__":{"x":1},"constructor":1,"toJSON":"x"}')],
  ])('may be %j', (metadata) => {
    expect(faultsOf(metadata)).toEqual([]);
  });
});
