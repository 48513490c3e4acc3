import type { UsageKey } from './gateways-file';
import { usageOf, usageOfAnswer } from './usage-of';

const by = (said: Partial<Record<UsageKey, unknown>>, isWhole = true) =>
  usageOf((key) => said[key], isWhole);

describe('the usage that a report says', () => {
  it.each([
    [
      'OpenAI’s parts are in its input',
      { input: 10, output: 5, cached: 4, reasoning: 2 },
      { input: 10, output: 5, cachedInput: 4, reasoning: 2 },
    ],
    [
      'Anthropic’s are not',
      { input: 10, output: 5, cacheRead: 4, cacheWrite: 3 },
      { input: 17, output: 5, cachedInput: 4, cacheWrite: 3 },
    ],
    [
      'a proxy that says both forms says OpenAI’s input',
      { input: 10, output: 5, cached: 4, cacheRead: 4, cacheWrite: 3 },
      { input: 10, output: 5, cachedInput: 4, cacheWrite: 3 },
    ],
    ['embeddings have no output', { input: 10 }, { input: 10, output: 0 }],
    ['a header says it as a text', { input: '10', output: '5' }, { input: 10, output: 5 }],
    ['null is not there', { input: 10, output: 5, cached: null }, { input: 10, output: 5 }],
  ])('%s', (_, said, expected) => {
    expect(by(said)).toEqual(expected);
  });

  it('is none without an input, and none of a broken answer without an output', () => {
    expect(by({})).toBeUndefined();
    expect(by({ output: 5 })).toBeUndefined();
    expect(by({ input: 10 }, false)).toBeUndefined();
    expect(by({ input: 10, output: 1 }, false)).toEqual({ input: 10, output: 1 });
  });

  it.each([
    { input: -1, output: 5 },
    { input: 1.5, output: 5 },
    { input: 10, output: Infinity },
    { input: 10, output: 5, cached: 11 },
    { input: 10, output: 5, reasoning: 6 },
    { input: 'many', output: 5 },
    { input: true, output: 5 },
  ])('cannot be true: %p', (said) => {
    expect(by(said)).toBe('absurd');
  });
});

describe('the usage of an answer', () => {
  it.each([
    [
      'chat',
      {
        prompt_tokens: 10,
        completion_tokens: 5,
        total_tokens: 15,
        prompt_tokens_details: { cached_tokens: 4 },
        completion_tokens_details: { reasoning_tokens: 2 },
      },
      { input: 10, output: 5, cachedInput: 4, reasoning: 2 },
    ],
    [
      'Responses',
      {
        input_tokens: 10,
        output_tokens: 5,
        input_tokens_details: { cached_tokens: 4 },
        output_tokens_details: { reasoning_tokens: 2 },
      },
      { input: 10, output: 5, cachedInput: 4, reasoning: 2 },
    ],
    [
      'Messages',
      {
        input_tokens: 10,
        output_tokens: 5,
        cache_read_input_tokens: 4,
        cache_creation_input_tokens: 0,
      },
      { input: 14, output: 5, cachedInput: 4, cacheWrite: 0 },
    ],
  ])('is read as %s says it', (_, usage, expected) => {
    expect(usageOfAnswer(usage, true)).toEqual(expected);
  });

  it.each([undefined, null, 7, 'many', [], {}])('is none in %p', (usage) => {
    expect(usageOfAnswer(usage, true)).toBeUndefined();
  });
});
