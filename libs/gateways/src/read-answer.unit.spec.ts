import fc from 'fast-check';
import { characters, propertyOptions } from '#libs/testing';
import { answerReader, type AnswerRules } from './read-answer';

const JSON_ANSWER = { type: 'application/json; charset=utf-8' };
const STREAM = { type: 'text/event-stream' };
const MOST_EVENT_BYTES = 1024;

interface Read {
  readonly passed: string;
  readonly model: string | undefined;
  readonly usage: unknown;
}

function read(pieces: readonly Buffer[], rules: Partial<AnswerRules>, isWhole = true): Read {
  const reader = answerReader({
    type: undefined,
    encoding: undefined,
    takesUsageOut: false,
    mostEventBytes: MOST_EVENT_BYTES,
    ...rules,
  });
  const passed = Buffer.concat([...pieces.map((piece) => reader.push(piece)), reader.end()]);
  return { passed: passed.toString(), model: reader.model, usage: reader.usage(isWhole) };
}

const whole = (text: string, rules: Partial<AnswerRules>, isWhole = true): Read =>
  read([Buffer.from(text)], rules, isWhole);

function cut(text: string, places: readonly number[]): Buffer[] {
  const bytes = Buffer.from(text);
  const at = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length];
  const sorted = at.toSorted((one, other) => one - other);
  return sorted.slice(1).map((end, n) => bytes.subarray(sorted[n], end));
}

const event = (value: object | string, line = '\n'): string =>
  `data: ${typeof value === 'string' ? value : JSON.stringify(value)}${line}${line}`;
const chunk = (content: string): object => ({
  model: 'gpt-5-mini-2026',
  choices: [{ delta: { content } }],
  usage: null,
});
const COUNTS = {
  prompt_tokens: 12,
  completion_tokens: 7,
  prompt_tokens_details: { cached_tokens: 4 },
  completion_tokens_details: { reasoning_tokens: 2 },
};
const USAGE = { input: 12, output: 7, cachedInput: 4, reasoning: 2 };
const EXTRA = { model: 'gpt-5-mini-2026', choices: [], usage: COUNTS };

describe('of JSON', () => {
  it('reads the usage, however large the answer is and wherever it is cut', () => {
    const text = fc.record({ content: fc.string({ unit: characters }), nested: fc.jsonValue() });
    fc.assert(
      fc.property(text, fc.array(fc.nat()), (inner, places) => {
        const inside = [{ ...inner, usage: { prompt_tokens: 99 } }];
        const answer = { first: inside, ...EXTRA, last: inner };
        const pieces = cut(JSON.stringify(answer, null, places.length % 3), places);
        const { passed, ...said } = read(pieces, JSON_ANSWER);
        expect(said).toEqual({ model: 'gpt-5-mini-2026', usage: USAGE });
        expect(passed).toBe(Buffer.concat(pieces).toString());
      }),
      propertyOptions(),
    );
  });

  it.each([
    [
      'a quote that a backslash hides',
      '{"a":"\\\\\\"},\\"usage\\":1","usage":{"input_tokens":1,"output_tokens":2}}',
    ],
    [
      'members inside of others',
      '{"a":{"usage":7,"model":"no"},"b":[{"usage":8}],"usage":{"input_tokens":1,"output_tokens":2}}',
    ],
    ['a name that is written otherwise', '{ "usage" : {"input_tokens":1,"output_tokens":2} }'],
  ])('is not misled by %s', (_what, text) => {
    expect(whole(text, JSON_ANSWER)).toMatchObject({
      model: undefined,
      usage: { input: 1, output: 2 },
    });
  });

  it.each([
    ['what is no JSON', 'upstream connect error'],
    ['a list', '["usage",{"usage":1}]'],
    ['an answer that says none', '{"model":"m","choices":[]}'],
    ['an answer that breaks off inside of it', '{"usage":{"prompt_tokens":1,"completion_tok'],
    [
      'a usage that is too large to be one',
      `{"usage":{"prompt_tokens":1,"x":"${'x'.repeat(20_000)}"}}`,
    ],
  ])('finds none in %s', (_what, text) => {
    expect(whole(text, JSON_ANSWER).usage).toBeUndefined();
  });

  it('finds none in what is compressed, or of another type', () => {
    const text = JSON.stringify(EXTRA);
    expect(whole(text, { ...JSON_ANSWER, encoding: 'gzip' }).usage).toBeUndefined();
    expect(whole(text, { type: 'text/plain' }).usage).toBeUndefined();
    expect(whole(text, {}).usage).toBeUndefined();
  });

  it('tells of a usage that cannot be true', () => {
    const usage = { prompt_tokens: 1, completion_tokens: -2 };
    expect(whole(JSON.stringify({ usage }), JSON_ANSWER).usage).toBe('absurd');
  });
});

describe('of a stream', () => {
  const events = [event(chunk('a')), event(chunk('b "usage" \n')), event(EXTRA), event('[DONE]')];

  it.each([true, false])(
    'reads the usage wherever it is cut; takes it out: %s',
    (takesUsageOut) => {
      const [first, second, extra, done] = events;
      const kept = takesUsageOut ? [first, second, done] : [first, second, extra, done];
      fc.assert(
        fc.property(fc.array(fc.nat()), (places) => {
          expect(read(cut(events.join(''), places), { ...STREAM, takesUsageOut })).toEqual({
            passed: kept.join(''),
            model: 'gpt-5-mini-2026',
            usage: USAGE,
          });
        }),
        propertyOptions(),
      );
    },
  );

  it('passes chunks as they are, where there is nothing to take out', () => {
    const reader = answerReader({
      ...STREAM,
      encoding: undefined,
      takesUsageOut: true,
      mostEventBytes: MOST_EVENT_BYTES,
    });
    const piece = Buffer.from(event(chunk('a')));
    expect(reader.push(piece)).toBe(piece);
  });

  it('keeps chunks of others that have no choices', () => {
    const text = event({ choices: [], prompt_filter_results: [] }) + event(EXTRA);
    expect(whole(text, { ...STREAM, takesUsageOut: true }).passed).toBe(
      event({ choices: [], prompt_filter_results: [] }),
    );
  });

  it.each(['\n', '\r\n', '\r'])('knows lines that end with %j', (line) => {
    const text = [chunk('a'), EXTRA].map((value) => event(value, line)).join('');
    expect(whole(text, { ...STREAM, takesUsageOut: true })).toMatchObject({
      passed: event(chunk('a'), line),
      usage: USAGE,
    });
  });

  it('reads a last event that lacks its empty line', () => {
    expect(whole(event(EXTRA).trimEnd(), STREAM).usage).toEqual(USAGE);
  });

  it.each([true, false])(
    'passes an event unread that is too long; takes out: %s',
    (takesUsageOut) => {
      const long = event({
        ...chunk('x'.repeat(2 * MOST_EVENT_BYTES)),
        usage: { prompt_tokens: 1 },
      });
      const text = long + event(EXTRA);
      const pieces = cut(text, [600, 1300, 1900, 2500]);
      const { passed, usage } = read(pieces, { ...STREAM, takesUsageOut });
      expect(passed).toBe(takesUsageOut ? long : text);
      expect(usage).toEqual(USAGE);
    },
  );
});

describe('of Anthropic’s Messages', () => {
  const start = event({
    type: 'message_start',
    message: {
      model: 'claude-x',
      usage: { input_tokens: 5, cache_read_input_tokens: 3, output_tokens: 1 },
    },
  });
  const end = event({ type: 'message_delta', delta: {}, usage: { output_tokens: 9 } });

  it('adds up what the events of a stream say', () => {
    expect(whole(start + end, STREAM)).toMatchObject({
      model: 'claude-x',
      usage: { input: 8, cachedInput: 3, output: 9 },
    });
  });

  it('does not take the output that a broken stream began with', () => {
    expect(whole(start, STREAM, false).usage).toBeUndefined();
  });
});

it('reads OpenAI’s Responses, of which the last event says the usage', () => {
  const usage = { input_tokens: 5, output_tokens: 6, input_tokens_details: { cached_tokens: 1 } };
  const text =
    event({ type: 'response.created', response: { model: 'gpt-5', usage: null } }) +
    event({ type: 'response.completed', response: { model: 'gpt-5', usage } });
  expect(whole(text, STREAM)).toMatchObject({
    model: 'gpt-5',
    usage: { input: 5, output: 6, cachedInput: 1 },
  });
});
