import { randomUUID } from 'node:crypto';
import { ExtProcClient, headersOf, type ProcessedByHand } from './support/ext-proc-client';
import { GatewayLedger } from './support/ledger';

let ledger: GatewayLedger;
let client: ExtProcClient;
beforeAll(async () => {
  ledger = await GatewayLedger.start();
  client = new ExtProcClient(`127.0.0.1:${ledger.grpcPort}`);
});
afterAll(async () => {
  client.close();
  await ledger.stop();
});

const INVALID_ARGUMENT = 3;
const BODY = JSON.stringify({ model: 'gpt-5', max_tokens: 100, stream: true });
const ALONE = { request_body_mode: 'BUFFERED_PARTIAL', response_body_mode: 'STREAMED' };
const ADMISSION = { request_body_mode: 'BUFFERED_PARTIAL', response_body_mode: 'NONE' };

const open = (gateway = 'extproc'): ProcessedByHand =>
  client.open({ token: ledger.token, gateway });

const asking = (
  user: string,
  protocol_config: object,
  more: object = {},
  headers: Readonly<Record<string, string>> = {},
): object => ({
  request_headers: headersOf({
    ':method': 'POST',
    ':path': '/v1/chat/completions',
    'x-user': user,
    'content-length': String(BODY.length),
    ...headers,
  }),
  protocol_config,
  ...more,
});
const body = (text: string, end_of_stream: boolean): object => ({
  body: Buffer.from(text),
  end_of_stream,
});

/** A call that the door admits, up to the headers of its answer. */
async function admitted(user: string, answer: Record<string, string> = {}) {
  const call = open();
  await call.say(asking(user, ALONE));
  const said = await call.say({ request_body: body(BODY, true) });
  await call.say({
    response_headers: headersOf({
      ':status': '200',
      'content-type': 'text/event-stream',
      'x-envoy-upstream-service-time': '1',
      ...answer,
    }),
  });
  return { call, said };
}

const passed = (answer: Awaited<ReturnType<ProcessedByHand['say']>>): string | undefined =>
  answer.response_body.response.body_mutation?.body?.toString();

describe('what the door says of a call', () => {
  it('is a header, metadata and a body that asks for the usage; then it goes, if it only admits', async () => {
    const user = randomUUID();
    const call = open();
    await call.say(asking(user, ADMISSION));
    const said = await call.say({ request_body: body(BODY, true) });
    const { response } = said.request_body;
    expect(JSON.parse(response.body_mutation.body.toString())).toMatchObject({
      stream_options: { include_usage: true },
    });
    const { fields } = said.dynamic_metadata.fields.spend_ledger.structValue;
    const [{ header }] = response.header_mutation.set_headers;
    expect(header.key).toBe('x-spend-hold-id');
    // Envoy reads the bytes alone.
    expect(header.raw_value.toString()).toBe(fields.hold_id.stringValue);
    expect(fields.call_id).toEqual(fields.hold_id);
    expect(fields).toMatchObject({
      gateway: { stringValue: 'extproc' },
      model: { stringValue: 'gpt-5' },
    });
    expect(await call.ended).toMatchObject({ code: 0 });
    expect(Number(await ledger.held(`user:${user}`))).toBeGreaterThan(0.001);
  });

  it('goes by the rules that Envoy names, or the default’s, whatever a client says', async () => {
    const call = client.open({ token: ledger.token, gateway: undefined });
    const forged = { 'x-spend-gateway': 'check' };
    await call.say(asking(randomUUID(), ADMISSION, {}, forged));
    const said = await call.say({ request_body: body(BODY, true) });
    const { fields } = said.dynamic_metadata.fields.spend_ledger.structValue;
    expect(fields.gateway.stringValue).toBe('plain');
  });

  it('is read in a body that was cut', async () => {
    const user = randomUUID();
    const call = open();
    await call.say(asking(user, ADMISSION));
    const cut = `${BODY.slice(0, -1)},"messages":["${'x'.repeat(40_000)}`;
    const said = await call.say({ request_body: body(cut, false) });
    expect(said.request_body.response.body_mutation.body.toString()).toBe(
      `{"stream_options":{"include_usage":true},${cut.slice(1)}`,
    );
  });
});

describe('an answer in chunks', () => {
  const usage = { prompt_tokens: 1000, completion_tokens: 10 };
  const event = (value: object): string =>
    `data: ${JSON.stringify({ model: 'gpt-5', ...value })}\n\n`;
  const token = event({ choices: [{ delta: { content: 'a' } }] });
  const extra = event({ choices: [], usage });

  it('passes but for the event of the usage, and is charged before its end', async () => {
    const user = randomUUID();
    const { call } = await admitted(user);
    expect(passed(await call.say({ response_body: body(token, false) }))).toBeUndefined();
    expect(passed(await call.say({ response_body: body(token + extra.slice(0, 20), false) }))).toBe(
      token,
    );
    expect(passed(await call.say({ response_body: body(extra.slice(20), false) }))).toBe('');
    expect(
      passed(await call.say({ response_body: body('data: [DONE]\n\n', true) })),
    ).toBeUndefined();
    expect(await call.ended).toMatchObject({ code: 0 });
    const { body: balance } = await ledger.http.balance(`user:${user}`);
    // What it cost is held until it is projected.
    expect([balance.held, balance.spentAllTime]).toContain('0.00135');
    await ledger.hasSpent(`user:${user}`, '0.00135');
  });

  it.each([
    ['an end in trailers', { response_trailers: {} }],
    ['an end that it does not come to', undefined],
  ])('is charged by its usage with %s', async (_what, end) => {
    const user = randomUUID();
    const { call } = await admitted(user);
    await call.say({ response_body: body(token + extra, false) });
    if (end === undefined) call.leave();
    else await call.say(end);
    await ledger.hasSpent(`user:${user}`, '0.00135');
  });

  it.each([
    ['no upstream got the call', { 'content-type': 'text/plain' }, 'no healthy upstream', '0'],
    ['the upstream gave up', { 'x-envoy-upstream-service-time': '9' }, '{}', '0'],
  ])('costs nothing if %s', async (_what, headers, text, amount) => {
    const user = randomUUID();
    const call = open();
    await call.say(asking(user, ALONE));
    await call.say({ request_body: body(BODY, true) });
    await call.say({ response_headers: headersOf({ ':status': '503', ...headers }) });
    await call.say({ response_body: body(text, true) });
    await ledger.hasSpent(`user:${user}`, amount);
  });

  it('is charged what was held if Envoy gave up after the upstream had the call', async () => {
    const user = randomUUID();
    const call = open();
    await call.say(asking(user, ALONE));
    await call.say({ request_body: body(BODY, true) });
    const held = await ledger.held(`user:${user}`);
    await call.say({
      response_headers: headersOf({ ':status': '504', 'content-type': 'text/plain' }),
    });
    await call.say({ response_body: body('upstream request timeout', true) });
    await ledger.hasSpent(`user:${user}`, held);
  });
});

describe('a filter that is configured for something else', () => {
  it.each([
    ['request_header_mode', { request_headers: undefined, request_body: body(BODY, true) }],
    ['observability_mode', { observability_mode: true }],
    [
      'request_body_mode',
      { protocol_config: { ...ALONE, request_body_mode: 'FULL_DUPLEX_STREAMED' } },
    ],
    [
      'response_body_mode',
      { protocol_config: { ...ALONE, response_body_mode: 'FULL_DUPLEX_STREAMED' } },
    ],
  ])('is told of %s', async (field, more) => {
    const call = open();
    expect(await call.say(asking('u', ALONE, more))).toBeUndefined();
    const { code, details } = await call.ended;
    expect(code).toBe(INVALID_ARGUMENT);
    expect(details).toContain(field);
  });
});

it('lets in nobody without the role check', async () => {
  const call = client.open({ token: 'nobody', gateway: 'extproc' });
  expect(await call.say(asking('u', ALONE))).toBeUndefined();
  expect(await call.ended).toMatchObject({ code: 16 });
});
