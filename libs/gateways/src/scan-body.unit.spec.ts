import fc from 'fast-check';
import { propertyOptions } from '#libs/testing';
import { bodyPathsOf, readBody } from './scan-body';

const WANTED = [['model'], ['max_tokens'], ['n'], ['stream'], ['meta', 'user']];
const paths = bodyPathsOf(WANTED);
const read = (text: string, isCut: boolean) => readBody({ bytes: Buffer.from(text), isCut }, paths);
const LONG = 'x'.repeat(40_000);

describe('a body that is walked', () => {
  it('says what a parser says, wherever it stands and however it is written', () => {
    const key = fc.oneof(fc.constantFrom('model', 'n', 'meta', 'user', '__proto__'), fc.string());
    const leaf = fc.oneof(fc.string(), fc.integer(), fc.double(), fc.boolean(), fc.constant(null));
    const tree = fc.letrec((tie) => ({
      node: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc.array(tie('node'), { maxLength: 4 }),
        fc.dictionary(key, tie('node'), { maxKeys: 5 }),
      ),
    })).node;
    fc.assert(
      fc.property(fc.dictionary(key, tree, { maxKeys: 8 }), fc.nat(2), (body, indent) => {
        const text = JSON.stringify(body, null, indent);
        const walked = read(text, true);
        const parsed = JSON.parse(text) as Record<string, unknown>;
        for (const path of WANTED) {
          const value = path.reduce<unknown>(
            (at, name) =>
              typeof at === 'object' && at !== null && !Array.isArray(at) && Object.hasOwn(at, name)
                ? (at as Record<string, unknown>)[name]
                : undefined,
            parsed,
          );
          // What is neither a text nor a number is of no use to any rule.
          if (typeof value !== 'object') expect(walked(path)).toEqual(value);
        }
      }),
      propertyOptions(),
    );
  });

  it('says what stands before the cut, and nothing that the cut goes through', () => {
    const text = `{"messages":[{"content":"a \\" } ] ${LONG}"}],"model":"gpt-5","n":12}`;
    for (let cut = 0; cut <= text.length; cut += cut < text.length - 60 ? 997 : 1) {
      const walked = read(text.slice(0, cut), true);
      expect([undefined, 'gpt-5']).toContain(walked(['model']));
      expect([undefined, 12]).toContain(walked(['n']));
    }
    expect(read(text.slice(0, -1), true)(['model'])).toBe('gpt-5');
  });

  it('reads names that are written with escapes, and counts the last of two', () => {
    const text = `{"pad":"${LONG}","mod\\u0065l":"cheap","model":"dear","max_tokens":1,"max_tokens":9}`;
    const walked = read(text, false);
    expect(walked(['model'])).toBe('dear');
    expect(walked(['max_tokens'])).toBe(9);
  });

  it.each(['', '[', '[1]', '"model"', '{', '{"model"', '{"model":', '{"model" "x"}', '{]'])(
    'finds nothing in %s',
    (text) => {
      for (const isCut of [true, false]) expect(read(text, isCut)(['model'])).toBeUndefined();
    },
  );

  it('takes no value that is too long to be one', () => {
    expect(read(`{"model":"${LONG}"}`, false)(['model'])).toBe('');
  });
});
