import { parseId } from './id';

const faultOf = (value: unknown) => {
  const id = parseId(value, 'data.requestId');
  return id.ok ? 'accepted' : id.errors.map(({ field, rule }) => `${field} ${rule}`).join();
};

describe('an id', () => {
  it.each([
    'a',
    'auth0|7f3',
    'arn:aws:iam::1:user/bob',
    'josé@x.org',
    'two words',
    'a\u00a0b',
    '*',
    '%2F',
    '__proto__',
    '0',
    'null',
    '\u{1f4b8}',
    'x'.repeat(256),
    'é'.repeat(128),
    '\u{1f4b8}'.repeat(64),
  ])('%s is kept as it is', (text) => {
    expect(parseId(text, 'id')).toEqual({ ok: true, value: text });
  });

  it('is counted in bytes of UTF-8, not in characters', () => {
    expect(faultOf('x'.repeat(257))).toBe('data.requestId length');
    expect(faultOf('é'.repeat(129))).toBe('data.requestId length');
    expect(faultOf(`${'é'.repeat(127)}xxx`)).toBe('data.requestId length');
    expect(faultOf(`${'\u{1f4b8}'.repeat(64)}x`)).toBe('data.requestId length');
    expect(faultOf('x'.repeat(1_000_000))).toBe('data.requestId length');
  });

  const CONTROLS = [...Array(0x20).keys(), ...Array.from({ length: 0x21 }, (_, at) => 0x7f + at)];
  it.each(CONTROLS.map((code) => [code.toString(16), String.fromCharCode(code)]))(
    'has no control character U+%s',
    (_code, control) => {
      expect(faultOf(`a${control}b`)).toBe('data.requestId control');
    },
  );

  it.each([
    [' ', 'space'],
    ['\u00a0', 'no-break space'],
    ['\u1680', 'ogham space'],
    ['\u2003', 'em space'],
    ['\u2028', 'line separator'],
    ['\u2029', 'paragraph separator'],
    ['\u202f', 'narrow no-break space'],
    ['\u205f', 'mathematical space'],
    ['\u3000', 'ideographic space'],
    ['\ufeff', 'byte order mark'],
  ])('has no %p (%s) at its ends', (space) => {
    expect(faultOf(`${space}a`)).toBe('data.requestId trimmed');
    expect(faultOf(`a${space}`)).toBe('data.requestId trimmed');
    expect(faultOf(space)).toBe('data.requestId trimmed');
  });

  it.each(['\ud800', '\udc00', 'a\ud83d', '\udcb8\ud83d'])('has no half of a pair', (text) => {
    expect(faultOf(text)).toBe('data.requestId well_formed');
  });

  it('is never empty', () => {
    expect(faultOf('')).toBe('data.requestId not_empty');
  });

  it.each([[null], [0], [7], [true], [['a']], [{ id: 'a' }], [Object('a')]])(
    'is no id when it is no string: %p',
    (value) => {
      expect(faultOf(value)).toBe('data.requestId string');
    },
  );

  it('is missed when it is not there', () => {
    expect(faultOf(undefined)).toBe('data.requestId required');
  });
});
