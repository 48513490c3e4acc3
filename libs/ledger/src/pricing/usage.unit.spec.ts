import { parseUsage } from './usage';

it.each([
  [{ input: 0, output: 0 }],
  [{ input: 1200, output: 300, cachedInput: 1000, cacheWrite: 200, reasoning: 300 }],
  [{ input: 1_000_000_000_000, output: 1_000_000_000_000 }],
])('reads %j', (usage) => {
  expect(parseUsage(usage, 'usage')).toEqual({ ok: true, value: usage });
});

it.each<[unknown, string, string]>([
  [undefined, 'data.usage', 'required'],
  [null, 'data.usage', 'object'],
  [[], 'data.usage', 'object'],
  ['100', 'data.usage', 'object'],
  [{ output: 1 }, 'data.usage.input', 'required'],
  [{ input: 1 }, 'data.usage.output', 'required'],
  [{ input: -1, output: 0 }, 'data.usage.input', 'tokens'],
  [{ input: 1.5, output: 0 }, 'data.usage.input', 'tokens'],
  [{ input: '1', output: 0 }, 'data.usage.input', 'tokens'],
  [{ input: null, output: 0 }, 'data.usage.input', 'tokens'],
  [{ input: Infinity, output: 0 }, 'data.usage.input', 'tokens'],
  [{ input: NaN, output: 0 }, 'data.usage.input', 'tokens'],
  [{ input: 1_000_000_000_001, output: 0 }, 'data.usage.input', 'tokens'],
  [{ input: 1, output: 0, cachedInput: null }, 'data.usage.cachedInput', 'tokens'],
  [{ input: 1, output: 0, cachedInput: 2 }, 'data.usage.input', 'parts'],
  [{ input: 1, output: 0, cacheWrite: 2 }, 'data.usage.input', 'parts'],
  [{ input: 3, output: 0, cachedInput: 2, cacheWrite: 2 }, 'data.usage.input', 'parts'],
  [{ input: 1, output: 1, reasoning: 2 }, 'data.usage.output', 'parts'],
  [{ input: 1, output: 1, total: 2 }, 'data.usage.total', 'unknown_member'],
])('refuses %j', (usage, field, rule) => {
  expect(parseUsage(usage, 'data.usage')).toMatchObject({ ok: false, errors: [{ field, rule }] });
});

it('tells every fault at once', () => {
  expect(parseUsage({ input: -1, output: -1, tokens: 3 }, 'usage')).toMatchObject({
    errors: [{ field: 'usage.tokens' }, { field: 'usage.input' }, { field: 'usage.output' }],
  });
});
