import fc from 'fast-check';
import { characters, propertyOptions } from '#libs/testing';
import { visibleLines, visibleText } from './visible-text';

/** Each by itself, so that none is missed: what is written here is what Unicode 16 says. */
const HOSTILE: readonly (readonly [string, string])[] = [
  ['\u001b[2J', '\\u001b[2J'],
  ['\u009b2J', '\\u009b2J'],
  ['\u0007', '\\u0007'],
  ['\u007f', '\\u007f'],
  ['\b', '\\u0008'],
  ['a\rb', 'a\\u000db'],
  ['\t', '\\u0009'],
  ['\u202egnp.exe', '\\u202egnp.exe'],
  ['\u2066x\u2069', '\\u2066x\\u2069'],
  ['\u200f\u061c', '\\u200f\\u061c'],
  ['a\u200bb', 'a\\u200bb'],
  ['a\u2060b\ufeffc', 'a\\u2060b\\ufeffc'],
  ['a\u00adb', 'a\\u00adb'],
  ['\u2028\u2029', '\\u2028\\u2029'],
  ['\u115f\u3164\u034f', '\\u115f\\u3164\\u034f'],
  ['\u{e0041}', '\\udb40\\udc41'],
  ['\ud800', '\\ud800'],
];

describe('a text for a terminal', () => {
  it.each(HOSTILE)('has %j as %j', (text, shown) => {
    expect([visibleText(text), visibleLines(text)]).toEqual([shown, shown]);
  });

  it.each(['josé@x.org', 'auth0|7f3', '\\n', '日本語', '👍🏽', 'a b', ' \u00a0'])(
    'has %j as it is',
    (text) => {
      expect([visibleText(text), visibleLines(text)]).toEqual([text, text]);
    },
  );

  it('stays one line, unless its lines are our own', () => {
    expect(visibleText('a\nb\r\n')).toBe('a\\u000ab\\u000d\\u000a');
    expect(visibleLines('a\nb\r\n')).toBe('a\nb\r\n');
  });

  // Hypothesis: some text comes out with a character that a terminal acts on, or as other JSON.
  it('holds nothing that is not seen, and JSON of it says the same', () => {
    const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;
    const property = fc.property(fc.jsonValue(), fc.string({ unit: characters }), (value, text) => {
      expect(visibleText(text)).not.toMatch(unseen);
      const all = { value, text };
      for (const indent of [undefined, 2]) {
        const shown = visibleLines(JSON.stringify(all, undefined, indent));
        expect(shown.replaceAll('\n', '')).not.toMatch(unseen);
        expect(JSON.parse(shown)).toEqual(JSON.parse(JSON.stringify(all)));
      }
    });
    fc.assert(property, propertyOptions(300));
  });
});
