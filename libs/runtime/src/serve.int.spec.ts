import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { Body, Controller, Get, HttpCode, Module, Param, Post, Put } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { parseJson } from './http/json-body';
import { GRPC_LOADER } from './grpc/grpc-options';
import { Readiness } from './health';
import { createLogger } from './logger';
import { Metrics } from './metrics';
import { OpsController, opsProviders } from './ops.controller';
import { Problem } from './problem';
import { redactSecrets } from './redact';
import { type Served, serve } from './serve';

const PROTO = `
  syntax = "proto3";
  package toy.v1;
  import "google/protobuf/struct.proto";
  service ToyService { rpc Echo(EchoRequest) returns (EchoRequest); }
  message EchoRequest { string text = 1; optional string also = 2; google.protobuf.Struct meta = 3; }
`;
const SECRET = `sk-${'a'.repeat(24)}`;

let release: (() => void) | undefined;

@Controller()
class ToyController {
  @Post('v1/echo')
  @HttpCode(200)
  echo(@Body() raw: Buffer | undefined): object {
    return { got: raw === undefined ? null : Buffer.isBuffer(raw) && raw.toString('latin1') };
  }

  @Post('v1/json')
  json(@Body() raw: Buffer | undefined): object {
    return { value: parseJson(raw, { maxDepth: 4 }) };
  }

  @Put('v1/things/:id')
  put(@Param('id') id: string): object {
    return { id };
  }

  @Get('v1/things/:thing')
  get(@Param('thing') id: string): object {
    throw new Problem('not_found', `There is no ${id}.`);
  }

  @Get('v1/bug')
  bug(): never {
    throw new Error('select * from secrets');
  }

  @Get('v1/slow')
  slow(): Promise<object> {
    return new Promise((resolve) => (release = () => resolve({ done: true })));
  }

  @GrpcMethod('ToyService', 'Echo')
  call(request: { text: string }): object {
    if (request.text === 'bug') throw new Error('select * from secrets');
    if (request.text === 'refuse') {
      throw new Problem('not_yet_visible', `No ${SECRET} here: ünïcödé.`, {
        retryAfterSeconds: 2,
        errors: [{ field: 'event.scope.user.user_id', rule: 'secret', message: 'is wrong' }],
        extra: { recordedHash: 'abc' },
      });
    }
    return request;
  }
}

@Module({ controllers: [ToyController] })
class ToyModule {}

const folder = mkdtempSync(join(tmpdir(), 'toy-proto-'));
const protoPath = join(folder, 'toy.proto');
writeFileSync(protoPath, PROTO);
afterAll(() => rmSync(folder, { recursive: true }));

interface Toy extends Served {
  readonly readiness: Readiness;
  readonly lines: string[];
  readonly ask: (method: string, path: string, init?: RequestInit) => Promise<Answer>;
}
interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

async function start(httpPort = 0, grpcPort = 0): Promise<Toy> {
  const readiness = new Readiness({ timeoutMs: 50 });
  const metrics = new Metrics();
  const lines: string[] = [];
  const served = await serve({
    module: {
      module: ToyModule,
      controllers: [OpsController],
      providers: opsProviders({
        readiness,
        registry: metrics.registry,
        openapi: { openapi: '3.1.0' },
      }),
    },
    host: '127.0.0.1',
    httpPort,
    grpc: { port: grpcPort, protoPath, packageName: 'toy.v1' },
    logger: createLogger({
      level: 'info',
      now: () => new Date(0),
      redact: redactSecrets,
      write: (line) => lines.push(line),
    }),
    readiness,
    metrics,
    limits: { bodyBytes: 1_000, drainMs: 300, healthEveryMs: 10 },
  });
  const ask = async (method: string, path: string, init: RequestInit = {}) => {
    const response = await fetch(`${served.httpUrl}${path}`, { method, ...init });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true;
    const body = (isJson ? JSON.parse(text) : { text }) as Record<string, unknown>;
    return { status: response.status, headers: response.headers, body };
  };
  return { ...served, readiness, lines, ask };
}

/** Sends bytes as they are and gives what came back until the other side hung up. */
function speak(url: string, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(text));
    let heard = '';
    socket.on('data', (data) => (heard += data.toString()));
    socket.on('error', reject);
    socket.on('close', () => resolve(heard));
  });
}

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
    expect(entry?.['stack']).toContain('serve.int.spec');
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

  it('outlives a caller who hangs up in the middle of a body', async () => {
    const before = toy.lines.length;
    const server = toy.app.getHttpServer();
    const socket = connect(Number(new URL(toy.httpUrl).port), '127.0.0.1');
    const [request] = (await Promise.all([
      once(server, 'request'),
      socket.write('POST /v1/echo HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nabc'),
    ]).then(([event]) => event)) as [IncomingMessage];
    const gone = once(request, 'close');
    socket.destroy();
    await gone.catch(() => undefined);
    expect((await toy.ask('GET', '/livez')).status).toBe(200);
    expect(toy.lines.slice(before)).toEqual([]);
  });
});

describe('ops', () => {
  it('is alive, describes itself, and counts', async () => {
    expect((await toy.ask('GET', '/livez')).body).toEqual({ status: 'ok' });
    expect((await toy.ask('GET', '/openapi.json')).body).toEqual({ openapi: '3.1.0' });
    await call({ text: 'hello' });
    const { body } = await toy.ask('GET', '/metrics');
    expect(body['text']).toMatch(/http_request_duration_seconds_count\{.*route="\/livez".*\} \d/);
    expect(body['text']).toContain('grpc_method="/toy.v1.ToyService/Echo",grpc_code="0"');
  });

  it('is ready when each dependency is, and names the one that is not', async () => {
    expect(await toy.ask('GET', '/readyz')).toMatchObject({
      status: 200,
      body: { status: 'ready' },
    });
    const states: Record<string, () => Promise<{ ready: boolean }>> = {
      fine: () => Promise.resolve({ ready: true }),
      broken: () => Promise.reject(new Error('password=hunter2')),
      hanging: () => new Promise(() => undefined),
    };
    for (const name of Object.keys(states)) toy.readiness.add(name, () => states[name]!());
    const { status, body } = await toy.ask('GET', '/readyz');
    expect(status).toBe(503);
    expect(body).toMatchObject({
      status: 'not_ready',
      checks: { fine: { ready: true }, broken: { ready: false }, hanging: { ready: false } },
    });
    expect(JSON.stringify(body)).not.toContain('hunter2');
    states['broken'] = states['hanging'] = states['fine']!;
    expect((await toy.ask('GET', '/readyz')).status).toBe(200);
  });
});

const client = () =>
  new grpc.Client(toy.grpcAddress!, grpc.credentials.createInsecure(), {
    'grpc.enable_retries': 0,
  });
const toyMethods = loadSync(protoPath, GRPC_LOADER)['toy.v1.ToyService'] as grpc.ServiceDefinition;

type Reply = { readonly error: grpc.ServiceError | null; readonly value: unknown };

function send(
  path: string,
  bytes: Uint8Array,
  read = (raw: Buffer): unknown => raw,
): Promise<Reply> {
  const stub = client();
  return new Promise((resolve) => {
    const keep = (raw: Buffer) => raw;
    stub.makeUnaryRequest(path, keep, read, Buffer.from(bytes), (error, value) => {
      stub.close();
      resolve({ error, value });
    });
  });
}
const call = (message: object): Promise<Reply> => {
  const method = toyMethods['Echo']!;
  return send(method.path, method.requestSerialize(message), method.responseDeserialize);
};
const detailsOf = (error: grpc.ServiceError | null): string =>
  String(error?.metadata.get('grpc-status-details-bin')[0]);

describe('the gRPC door', () => {
  it('answers with the names and defaults of the proto', async () => {
    const { value } = await call({ text: 'hé\uFFFDllo' });
    expect(value).toMatchObject({ text: 'hé\uFFFDllo', meta: null });
  });

  it('tells a problem with google.rpc details and no secret', async () => {
    const { error } = await call({ text: 'refuse' });
    expect(error).toMatchObject({
      code: grpc.status.FAILED_PRECONDITION,
      details: 'No (secret) here: ünïcödé.',
    });
    const details = detailsOf(error);
    for (const part of [
      'type.googleapis.com/google.rpc.ErrorInfo',
      'not_yet_visible',
      'spendledger',
      'recordedHash',
      'type.googleapis.com/google.rpc.BadRequest',
      'event.scope.user.user_id',
      'type.googleapis.com/google.rpc.RetryInfo',
    ]) {
      expect(details).toContain(part);
    }
    expect(details).not.toContain(SECRET);
  });

  it('hides and logs a bug', async () => {
    const { error } = await call({ text: 'bug' });
    expect(error?.code).toBe(grpc.status.INTERNAL);
    expect(error?.details).not.toContain('select');
    expect(detailsOf(error)).toContain('internal');
    expect(toy.lines.at(-1)).toContain('select * from secrets');
  });

  it.each<[string, number[]]>([
    ['bytes that are no message', [0xff, 0xff, 0xff]],
    ['a text that ends after its message', [0x0a, 0x05, 0x61]],
    ['a text that is not UTF-8', [0x0a, 0x01, 0xff]],
    ['half a character whose other half a later field lends', [0x0a, 0x01, 0xc3, 0x82, 0x01, 0x00]],
    ['a nested message that ends after its parent', [0x1a, 0x05, 0x0a]],
    ['a name in a map that is not UTF-8', [0x1a, 0x05, 0x0a, 0x03, 0x0a, 0x01, 0xff]],
    ['nesting without end', nestedStruct(2_000)],
  ])('calls %s invalid', async (_what, bytes) => {
    const { error } = await send('/toy.v1.ToyService/Echo', Uint8Array.from(bytes));
    expect(error?.code).toBe(grpc.status.INVALID_ARGUMENT);
    expect(detailsOf(error)).toContain('invalid');
  });

  it('follows readiness in its health service', async () => {
    const check = (service: string) =>
      send(
        '/grpc.health.v1.Health/Check',
        Uint8Array.from([0x0a, service.length, ...Buffer.from(service)]),
      );
    for (const service of ['', 'toy.v1.ToyService']) {
      expect((await check(service)).value).toEqual(Buffer.from([0x08, 0x01]));
    }
    expect((await check('other')).error?.code).toBe(grpc.status.NOT_FOUND);
  });

  it('reflects its services', async () => {
    const stub = client();
    const keep = (raw: Buffer) => raw;
    const path = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';
    const stream = stub.makeBidiStreamRequest(path, keep, keep);
    const answer = new Promise<Buffer>((resolve, reject) => {
      stream.on('data', resolve);
      stream.on('error', reject);
    });
    // list_services, field 7 of the request.
    stream.write(Buffer.from([0x3a, 0x01, 0x2a]));
    expect((await answer).toString('latin1')).toContain('toy.v1.ToyService');
    stream.end();
    stub.close();
  });
});

/** Struct and Value inside each other, written from the inside out. */
function nestedStruct(depth: number): number[] {
  const varint = (n: number): number[] => (n < 128 ? [n] : [(n & 127) | 128, ...varint(n >> 7)]);
  const field = (id: number, bytes: number[]) => [(id << 3) | 2, ...varint(bytes.length), ...bytes];
  let struct: number[] = [];
  for (let i = 0; i < depth; i += 1)
    struct = field(1, [...field(1, [0x61]), ...field(2, field(5, struct))]);
  return field(3, struct);
}

describe('starting and stopping', () => {
  it('says in one sentence that a port is taken, and leaves nothing running', async () => {
    const httpPort = Number(new URL(toy.httpUrl).port);
    await expect(start(httpPort)).rejects.toThrow(
      `Another process listens on port ${httpPort} on 127.0.0.1 already; set HTTP_PORT to another one.`,
    );
    const grpcPort = Number(toy.grpcAddress!.split(':')[1]);
    await expect(start(0, grpcPort)).rejects.toThrow(/^Another process .* set GRPC_PORT/);
  });

  it('finishes what is under way, refuses what is new, and is not ready meanwhile', async () => {
    const other = await start();
    const slow = other.ask('GET', '/v1/slow');
    while (release === undefined) await new Promise((resolve) => setImmediate(resolve));
    other.readiness.draining = true;
    expect(await other.ask('GET', '/v1/echo')).toMatchObject({
      status: 503,
      body: { code: 'unavailable' },
    });
    expect((await other.ask('GET', '/livez')).status).toBe(200);
    expect(await other.ask('GET', '/readyz')).toMatchObject({
      status: 503,
      body: { checks: { shutdown: { ready: false } } },
    });
    const closed = other.close();
    release();
    release = undefined;
    expect((await slow).body).toEqual({ done: true });
    await closed;
    await expect(other.ask('GET', '/livez')).rejects.toThrow();
  });

  it('cuts what does not finish in time', async () => {
    const other = await start();
    const slow = other.ask('GET', '/v1/slow');
    slow.catch(() => undefined);
    while (release === undefined) await new Promise((resolve) => setImmediate(resolve));
    release = undefined;
    await Promise.all([other.close(), other.close()]);
    await expect(slow).rejects.toThrow();
  });
});
