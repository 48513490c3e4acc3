import { once } from 'node:events';
import { type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { SECRET, speak, start, type Toy } from './toy-process.fixture';

let toy: Toy;
beforeAll(async () => {
  toy = await start();
});
afterAll(() => toy.close());

describe('the HTTP door', () => {
  it.each([
    ['application/json', '{"a":'],
    ['text/plain', 'x'],
    ['application/cloudevents+json; charset=utf-8', 'é'],
  ])('hands a %s body over as its bytes', async (type, text) => {
    const { body } = await toy.ask('POST', '/v1/echo', {
      body: text,
      headers: { 'content-type': type },
    });
    expect(Buffer.from(body['got'] as string, 'latin1').toString()).toBe(text);
  });

  it('takes a body without a content type, and no body', async () => {
    const body = new Uint8Array([0x7b, 0xff]);
    expect((await toy.ask('POST', '/v1/echo', { body })).body).toEqual({ got: '{ÿ' });
    expect((await toy.ask('POST', '/v1/echo')).body).toEqual({ got: null });
  });

  it.each<[number, string, string, string, RequestInit]>([
    [404, 'not_found', 'GET', '/nope', {}],
    [404, 'not_found', 'POST', `/nope/${SECRET}?x=${SECRET}`, { body: 'x' }],
    [404, 'not_found', 'GET', '/v1/things/x', {}],
    [405, 'method_not_allowed', 'DELETE', '/v1/things/x', {}],
    [405, 'method_not_allowed', 'POST', '/livez', { body: '{}' }],
    [413, 'too_large', 'POST', '/v1/echo', { body: 'x'.repeat(1_001) }],
    [
      415,
      'unsupported_media_type',
      'POST',
      '/v1/echo',
      { body: 'x', headers: { 'content-type': '??' } },
    ],
    [
      415,
      'unsupported_media_type',
      'POST',
      '/v1/echo',
      { body: 'x', headers: { 'content-encoding': 'gzip' } },
    ],
    [400, 'invalid', 'POST', '/v1/json', { body: '{"a":' }],
    [400, 'invalid', 'POST', '/v1/json', {}],
    [400, 'invalid', 'GET', '/v1/things/%ff', {}],
    [400, 'invalid', 'GET', '/v1/things/x?account=%ff', {}],
    [400, 'invalid', 'PUT', `/v1/things/${'x'.repeat(3_000)}`, {}],
    [500, 'internal', 'GET', '/v1/bug', {}],
  ])('answers %i %s where it has to: %s', async (status, code, method, path, init) => {
    const answer = await toy.ask(method, path, init);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/);
    expect(answer.body).toMatchObject({ status, code, type: `urn:spendledger:problem:${code}` });
    expect(answer.status).toBe(status);
    expect(JSON.stringify(answer.body)).not.toMatch(/sk-|select|\.ts|node_modules/);
  });

  it('says which methods a path takes', async () => {
    const { headers } = await toy.ask('PATCH', '/v1/things/x', { body: 'x' });
    expect(headers.get('allow')).toBe('GET, HEAD, PUT');
  });

  it('takes an id of 256 bytes, all of them percent-encoded', async () => {
    const id = 'é'.repeat(128);
    expect((await toy.ask('PUT', `/v1/things/${encodeURIComponent(id)}`)).body).toEqual({ id });
  });

  it('takes out a secret that a problem quotes', async () => {
    const { body } = await toy.ask('GET', `/v1/things/${SECRET}`);
    expect(body['detail']).toBe('There is no (secret).');
  });

  it('logs a bug with its stack', async () => {
    await toy.ask('GET', '/v1/bug');
    const entry = toy.lines.map((line) => JSON.parse(line) as Record<string, unknown>).at(-1);
    expect(entry).toMatchObject({ level: 'error', message: 'select * from secrets' });
    expect(entry?.['stack']).toContain('toy-process');
  });

  it('echoes a sane request id only', async () => {
    const idFor = async (id: string) =>
      (await toy.ask('GET', '/livez', { headers: { 'x-request-id': id } })).headers.get(
        'x-request-id',
      );
    expect(await idFor('call 7/x')).toBe('call 7/x');
    for (const bad of [SECRET, 'x'.repeat(129), 'ü']) expect(await idFor(bad)).not.toBe(bad);
  });

  it.each<[string, string, number]>([
    ['no HTTP', 'HELO there\r\n\r\n', 400],
    ['an endless header', `GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`, 431],
    [
      'a body that breaks its framing',
      'POST /v1/echo HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
      400,
    ],
    [
      'an expectation',
      'POST /v1/echo HTTP/1.1\r\nhost: x\r\nexpect: magic\r\ncontent-length: 0\r\nconnection: close\r\n\r\n',
      400,
    ],
  ])('answers %s with a problem', async (_what, text, status) => {
    const heard = await speak(toy.httpUrl, text);
    expect(heard).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(heard.toLowerCase()).toContain('content-type: application/problem+json');
    expect(heard.toLowerCase()).toContain('x-request-id: ');
    expect(heard).toContain(`"status":${status}`);
  });

  it('hears out a body that is too large, so that a caller who writes first can read the answer', async () => {
    const body = 'x'.repeat(2_000);
    const heard = await speak(
      toy.httpUrl,
      `POST /v1/echo HTTP/1.1\r\nhost: x\r\ncontent-length: 2000\r\n\r\n${body}` +
        'GET /livez HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n',
    );
    expect(heard.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 413', 'HTTP/1.1 200']);
  });

  it('outlives a caller who hangs up in the middle of a body', async () => {
    const before = toy.lines.length;
    const server = toy.app.getHttpServer();
    const socket = connect(Number(new URL(toy.httpUrl).port), '127.0.0.1');
    const arrived = once(server, 'request');
    socket.write('POST /v1/echo HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nabc');
    const [request] = (await arrived) as [IncomingMessage];
    const gone = once(request, 'close');
    socket.destroy();
    await gone.catch(() => undefined);
    expect((await toy.ask('GET', '/livez')).status).toBe(200);
    expect(toy.lines.slice(before)).toEqual([]);
  });
});
