import { askForUsage } from './ask-for-usage';

interface Given {
  readonly path?: string;
  readonly isCut?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
}

const asked = (
  text: string,
  { path = '/v1/chat/completions', isCut = false, headers = {} }: Given = {},
): string | undefined =>
  askForUsage({
    ...{ method: 'POST', path, body: { bytes: Buffer.from(text), isCut } },
    header: (name) => headers[name],
    context: () => undefined,
    metadata: () => undefined,
    descriptor: () => undefined,
  })?.toString();

const ASKING = '"stream_options":{"include_usage":true}';

it.each([
  ['{"stream":true}', `{${ASKING},"stream":true}`],
  [
    ' \n{ "stream": true, "seed": 12345678901234567890 }',
    ` \n{${ASKING}, "stream": true, "seed": 12345678901234567890 }`,
  ],
  [
    '{"stream":true,"stream_options":{"include_usage":false,"x":1},"seed":12345678901234567890}',
    '{"stream":true,"stream_options":{"include_usage":true,"x":1},"seed":12345678901234567890}',
  ],
  [
    '{"stream":true,"stream_options":null}',
    '{"stream":true,"stream_options":{"include_usage":true}}',
  ],
  [
    '{"stream":true,"temperature":1.0,"stream_options":{}}',
    '{"stream":true,"temperature":1.0,"stream_options":{"include_usage":true}}',
  ],
])('asks %s', (given, wanted) => {
  expect(asked(given)).toBe(wanted);
});

it.each([
  ['{"stream":false}'],
  ['{"model":"m"}'],
  ['{"stream":"true"}'],
  [`{"stream":true,${ASKING}}`],
  ['no JSON'],
  ['[{"stream":true}]'],
])('leaves %s', (given) => {
  expect(asked(given)).toBeUndefined();
});

it('asks with a body that is cut, if that is where the stream is', () => {
  const long = `{"stream":true,"messages":["${'x'.repeat(50_000)}`;
  expect(asked(long, { isCut: true })).toBe(`{${ASKING},${long.slice(1)}`);
  expect(asked(`{"messages":["${'x'.repeat(50_000)}`, { isCut: true })).toBeUndefined();
  const some = `{"stream":true,"stream_options":{"x":1},"messages":["`;
  expect(asked(some, { isCut: true })).toBeUndefined();
});

it.each([
  ['/v1/messages', {}],
  ['/v1/messages?beta=true', {}],
  ['/v1/responses', {}],
  ['/anthropic', { 'anthropic-version': '2023-06-01' }],
])('leaves what says its usage anyway: %s', (path, headers) => {
  expect(asked('{"stream":true}', { path, headers })).toBeUndefined();
});
