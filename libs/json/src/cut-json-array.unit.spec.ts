import fc from 'fast-check';
import { propertyOptions } from '#libs/testing';
import { JsonArrayCutter } from './cut-json-array';

const split = (text: string, maxItems = 100) => {
  const cutter = new JsonArrayCutter(Buffer.from(text), maxItems);
  const items = [...cutter.items()].flatMap((item) => (item ? [Buffer.from(item).toString()] : []));
  return { outcome: cutter.outcome, items };
};

describe('JsonArrayCutter', () => {
  it.each<[string, string[]]>([
    ['[]', []],
    [' [ ] \n', []],
    ['[1]', ['1']],
    ['[{"a":[1,2]},"],[",[[]]]', ['{"a":[1,2]}', '"],["', '[[]]']],
    ['["a\\",\\\\",2]', ['"a\\",\\\\"', '2']],
    ['["é,漢"]', ['"é,漢"']],
  ])('cuts %s', (text, items) => {
    expect(split(text)).toEqual({ outcome: 'items', items });
  });

  it.each(['', ' ', '{}', '[', '[1', '[1,', '["]', '[1]]', '[1] x', '[1}', '1', '[{]', '\uFEFF[]'])(
    'takes %j for no array',
    (text) => expect(split(text).outcome).toBe('no_array'),
  );

  it('leaves an item that is not there to the reader of the items', () => {
    expect(split('[1,]').items).toEqual(['1', '']);
  });

  it('stops at the limit, however long the text', () => {
    expect(split('[1,2]', 2).outcome).toBe('items');
    expect(split('[1,2,', 2).outcome).toBe('too_many');
  });

  it('rests on its way through what is long, also between a backslash and what it escapes', () => {
    for (const shift of [0, 1, 2, 3]) {
      const long = JSON.stringify(
        `${'x'.repeat(256 * 1024 - 4 + shift)}${'\\"],['.repeat(60_000)}`,
      );
      const cutter = new JsonArrayCutter(Buffer.from(`[${long},[1]]`), 5);
      const items = [...cutter.items()];
      expect(items.filter((item) => item === undefined).length).toBeGreaterThan(1);
      expect(items.filter(Boolean).map(String)).toHaveLength(2);
      expect(Buffer.from(items.at(-1)!).toString()).toBe('[1]');
      expect(cutter.outcome).toBe('items');
    }
  });

  it('gives back what any array was made of', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.constantFrom(0, 2), (values, indent) => {
        const { items } = split(JSON.stringify(values, null, indent));
        expect(items.map((item) => JSON.parse(item) as unknown)).toEqual(
          JSON.parse(JSON.stringify(values)),
        );
      }),
      propertyOptions(),
    );
  });
});
