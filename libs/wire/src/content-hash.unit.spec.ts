import { createHash } from 'node:crypto';
import { parsed, type Spend } from '#libs/ledger';
import type { CloudEvent } from './cloud-event';
import { contentDifferences, contentHash, spendContentHash } from './content-hash';
import { parseSpend } from './parse-spend';

const sha256 = (text: string) => createHash('sha256').update(text, 'utf8').digest('hex');

const ATTRIBUTES = {
  id: 'call-1',
  source: 'gateway-a',
  type: 'spendledger.spend.recorded.v1',
  time: '2026-04-27T10:00:00Z',
};
const DATA = {
  scope: { type: 'team', teamId: 'ml', userId: 'alice', keyId: 'key-7' },
  amount: '5',
  requestId: 'req-1',
  holdId: 'hold-1',
  model: 'gpt-5',
  metadata: { a: 1, b: { c: [1, 2], d: null } },
};

function hashOf({ attributes = {}, data = {} }: Partial<CloudEvent> & { data?: object }): string {
  const event = { attributes: { ...ATTRIBUTES, ...attributes }, data: { ...DATA, ...data } };
  const spend = parseSpend(event, { currency: 'USD' });
  expect(spend).toEqual(parsed(expect.anything()));
  return spendContentHash((spend as { value: Spend }).value);
}

describe('the canonical form', () => {
  // The examples of RFC 8785, sections 3.2.2 and 3.2.3.
  it('writes numbers, strings and literals as the RFC does', () => {
    const text = String.raw`{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }`;
    const canonical = String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`;
    expect(contentHash(JSON.parse(text) as object)).toBe(sha256(canonical));
  });

  it('sorts members by their UTF-16 code units', () => {
    const given = {
      '\u20ac': 'Euro Sign',
      '\r': 'Carriage Return',
      '\ufb33': 'Hebrew Letter Dalet With Dagesh',
      '1': 'One',
      '\ud83d\ude00': 'Emoji: Grinning Face',
      '\u0080': 'Control',
      '\u00f6': 'Latin Small Letter O With Diaeresis',
    };
    const canonical =
      '{"\\r":"Carriage Return","1":"One","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis",' +
      '"\u20ac":"Euro Sign","\ud83d\ude00":"Emoji: Grinning Face","\ufb33":"Hebrew Letter Dalet With Dagesh"}';
    expect(contentHash(given)).toBe(sha256(canonical));
  });

  // Bits of doubles and how they are written: the samples of the RFC's appendix B.
  it.each([
    ['0000000000000000', '0'],
    ['8000000000000000', '0'],
    ['0000000000000001', '5e-324'],
    ['8000000000000001', '-5e-324'],
    ['7fefffffffffffff', '1.7976931348623157e+308'],
    ['ffefffffffffffff', '-1.7976931348623157e+308'],
    ['4340000000000000', '9007199254740992'],
    ['c340000000000000', '-9007199254740992'],
    ['4430000000000000', '295147905179352830000'],
    ['44b52d02c7e14af5', '9.999999999999997e+22'],
    ['44b52d02c7e14af6', '1e+23'],
    ['44b52d02c7e14af7', '1.0000000000000001e+23'],
    ['444b1ae4d6e2ef4e', '999999999999999700000'],
    ['444b1ae4d6e2ef4f', '999999999999999900000'],
    ['444b1ae4d6e2ef50', '1e+21'],
    ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
    ['3eb0c6f7a0b5ed8d', '0.000001'],
    ['41b3de4355555553', '333333333.3333332'],
    ['41b3de4355555554', '333333333.33333325'],
    ['41b3de4355555555', '333333333.3333333'],
    ['41b3de4355555556', '333333333.3333334'],
    ['41b3de4355555557', '333333333.33333343'],
    ['becbf647612f3696', '-0.0000033333333333333333'],
    ['43143ff3c1cb0959', '1424953923781206.2'],
  ])('writes the double %s as %s', (bits, written) => {
    const number = Buffer.from(bits, 'hex').readDoubleBE();
    expect(contentHash({ number })).toBe(sha256(`{"number":${written}}`));
  });

  it('keeps members that are named like those of Object', () => {
    const given = JSON.parse('{"toString":1,"__proto__":{"b":2,"a":1},"toJSON":null}') as object;
    expect(contentHash(given)).toBe(
      sha256('{"__proto__":{"a":1,"b":2},"toJSON":null,"toString":1}'),
    );
  });
});

describe('the hash of a spend', () => {
  it('is that of the canonical form of what it says, written out here by hand', () => {
    expect(hashOf({})).toBe(
      sha256(
        '{"amount":"5.00","basis":"exact","currency":"USD","holdId":"hold-1",' +
          '"metadata":{"a":1,"b":{"c":[1,2],"d":null}},"model":"gpt-5","requestId":"req-1",' +
          '"scope":{"keyId":"key-7","teamId":"ml","type":"team","userId":"alice"},' +
          '"time":"2026-04-27T10:00:00Z","type":"spendledger.spend.recorded.v1"}',
      ),
    );
  });

  it('has the labels in it, written out here by hand', () => {
    expect(hashOf({ data: { labels: { project: 'search', org: 'acme' } } })).toBe(
      sha256(
        '{"amount":"5.00","basis":"exact","currency":"USD","holdId":"hold-1",' +
          '"labels":{"org":"acme","project":"search"},' +
          '"metadata":{"a":1,"b":{"c":[1,2],"d":null}},"model":"gpt-5","requestId":"req-1",' +
          '"scope":{"keyId":"key-7","teamId":"ml","type":"team","userId":"alice"},' +
          '"time":"2026-04-27T10:00:00Z","type":"spendledger.spend.recorded.v1"}',
      ),
    );
  });

  it('is the same whatever the order of its labels', () => {
    expect(hashOf({ data: { labels: { b: '2', a: '1' } } })).toBe(
      hashOf({ data: { labels: { a: '1', b: '2' } } }),
    );
  });

  it('leaves out what is absent', () => {
    const absent = {
      scope: { type: 'key', keyId: 'k' },
      amount: undefined,
      basis: 'unknown',
      requestId: undefined,
      holdId: undefined,
      model: undefined,
      metadata: undefined,
    };
    expect(hashOf({ data: absent })).toBe(
      sha256(
        '{"basis":"unknown","currency":"USD","scope":{"keyId":"k","type":"key"},' +
          '"time":"2026-04-27T10:00:00Z","type":"spendledger.spend.recorded.v1"}',
      ),
    );
  });

  it.each<[string, Partial<CloudEvent> & { data?: object }]>([
    ['the time in another zone', { attributes: { time: '2026-04-27T12:00:00+02:00' } }],
    ['the time in lower case', { attributes: { time: '2026-04-27t10:00:00z' } }],
    ['the time with needless zeros', { attributes: { time: '2026-04-27T10:00:00.000000Z' } }],
    ['the time below a microsecond', { attributes: { time: '2026-04-27T10:00:00.0000009Z' } }],
    ['the amount with zeros', { data: { amount: '5.00' } }],
    ['the amount with all its zeros', { data: { amount: '5.000000000000' } }],
    ['the currency said', { data: { currency: 'USD' } }],
    ['the basis said', { data: { basis: 'exact' } }],
    [
      'the members of its scope in another order',
      { data: { scope: { keyId: 'key-7', userId: 'alice', teamId: 'ml', type: 'team' } } },
    ],
    [
      'the members of its metadata in another order',
      { data: { metadata: { b: { d: null, c: [1, 2] }, a: 1.0 } } },
    ],
    ['labels that say nothing', { data: { labels: {} } }],
    ['another id', { attributes: { id: 'call-2' } }],
    ['another source', { attributes: { source: 'gateway-b' } }],
    ['extensions', { attributes: { traceparent: '00-1-2-01' } }],
  ])('is the same with %s', (_what, change) => {
    expect(hashOf(change)).toBe(hashOf({}));
  });

  it('is the same whatever the order of its members', () => {
    const reversed = Object.fromEntries(Object.entries(DATA).reverse());
    const spend = parseSpend({ attributes: ATTRIBUTES, data: reversed }, { currency: 'USD' });
    expect(spend.ok && spendContentHash(spend.value)).toBe(hashOf({}));
  });

  it('is another one for each member that differs', () => {
    const changes: (Partial<CloudEvent> & { data?: object })[] = [
      {},
      { attributes: { time: '2026-04-27T10:00:00.000001Z' } },
      { attributes: { time: '2026-04-27T10:00:00+02:00' } },
      { data: { scope: { type: 'team', teamId: 'ml', userId: 'alice' } } },
      { data: { scope: { type: 'team', teamId: 'ml', userId: 'bob', keyId: 'key-7' } } },
      { data: { scope: { type: 'user', userId: 'alice', keyId: 'key-7' } } },
      { data: { scope: { type: 'key', keyId: 'key-7' } } },
      { data: { amount: '5.000000000001' } },
      { data: { amount: '0' } },
      { data: { amount: undefined, basis: 'unknown' } },
      { data: { basis: 'estimated' } },
      { data: { requestId: 'req-2' } },
      { data: { requestId: undefined } },
      { data: { holdId: 'hold-2' } },
      { data: { holdId: undefined } },
      { data: { model: 'gpt-5-mini' } },
      { data: { model: undefined } },
      { data: { requestId: 'gpt-5', model: 'req-1' } },
      { data: { labels: { org: 'acme' } } },
      { data: { labels: { org: 'Acme' } } },
      { data: { labels: { project: 'acme' } } },
      { data: { labels: { org: 'acme', project: 'acme' } } },
      { data: { metadata: undefined } },
      { data: { metadata: {} } },
      { data: { metadata: { a: 1, b: { c: [2, 1], d: null } } } },
      { data: { metadata: { a: '1', b: { c: [1, 2], d: null } } } },
      { data: { metadata: { a: 1, b: { c: [1, 2] } } } },
      { data: { metadata: { a: 1, b: { c: [1, 2], d: null }, é: 'e\u0301' } } },
      { data: { metadata: { a: 1, b: { c: [1, 2], d: null }, 'e\u0301': 'é' } } },
    ];
    const hashes = changes.map(hashOf);
    expect(new Set(hashes).size).toBe(changes.length);
  });

  it('knows its currency', () => {
    const inEuro = parseSpend({ attributes: ATTRIBUTES, data: DATA }, { currency: 'EUR' });
    expect(inEuro.ok && spendContentHash(inEuro.value)).not.toBe(hashOf({}));
  });
});

describe('the differences of two contents', () => {
  it.each<[object, object, string[]]>([
    [{ a: 1, b: { c: [1, 2], d: null } }, { b: { d: null, c: [1, 2] }, a: 1.0 }, []],
    [{ a: 1, b: 2, c: 3 }, { c: 4, b: 2, a: 0 }, ['a', 'c']],
    [{ b: 2 }, { a: 1, b: 2 }, ['a']],
    [{ metadata: { a: 1 } }, { metadata: { a: '1' } }, ['metadata']],
    [{ metadata: {} }, {}, ['metadata']],
    [{ x: [1, 2] }, { x: [2, 1] }, ['x']],
    [{ x: 'é' }, { x: 'e\u0301' }, ['x']],
  ])('of %j and %j are %j', (one, other, differ) => {
    expect(contentDifferences(one, other)).toEqual(differ);
    expect(contentDifferences(other, one).sort()).toEqual(differ);
    expect(contentHash(one) === contentHash(other)).toBe(differ.length === 0);
  });
});
