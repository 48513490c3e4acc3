import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { Body, Controller, Get, HttpCode, Module, Param, Post, Put, Req } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type { FastifyRequest } from 'fastify';
import { GRPC_LOADER } from './grpc/grpc-options';
import { Readiness } from './health';
import { parseJson } from './http/json-body';
import { createLogger } from './logger';
import { Metrics } from './metrics';
import { OpsController, opsProviders } from './ops.controller';
import { Problem } from './problem';
import { redactSecrets } from '#libs/ledger';
import { type Served, serve } from './serve';
import { Serving } from './serving';
import { type DoorCertificates } from './tls/door-certificates';
import { grpcPeerCertificateOf } from './tls/grpc-peer-certificate';
import { peerCertificateOf } from './tls/peer-certificate';
import { TalkController, writeForeign } from './toy-talk.fixture';

// No tests here: a small process that the specs of serve() start. Named a spec to stay out of builds.

const PROTO = `
  syntax = "proto3";
  package toy.v1;
  import "google/protobuf/struct.proto";
  service ToyService { rpc Echo(EchoRequest) returns (EchoRequest); }
  message EchoRequest { string text = 1; optional string also = 2; google.protobuf.Struct meta = 3; }
`;
export const SECRET = `sk-${'a'.repeat(24)}`;

/** Ends the request to /v1/slow that is under way; undefined while none is. */
export const slow: { release?: (() => void) | undefined } = {};

@Controller()
class ToyController {
  @Post('v1/echo')
  @HttpCode(200)
  echo(@Body() raw: Buffer | undefined): object {
    return { got: raw === undefined ? null : Buffer.isBuffer(raw) && raw.toString('latin1') };
  }

  @Post('v1/json')
  json(@Body() raw: Buffer | undefined): object {
    return { value: parseJson(raw, { maxDepth: 4, redact: redactSecrets }) };
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
    return new Promise((resolve) => (slow.release = () => resolve({ done: true })));
  }

  @Get('v1/peer')
  peer(@Req() { socket }: FastifyRequest): object {
    return { peer: peerCertificateOf(socket) ?? null };
  }

  @GrpcMethod('ToyService', 'Echo')
  call(request: { text: string }, _metadata: unknown, call: object): object {
    if (request.text === 'peer') {
      return { text: JSON.stringify(grpcPeerCertificateOf(call) ?? null) };
    }
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

@Module({ controllers: [ToyController, TalkController] })
class ToyModule {}

const folder = mkdtempSync(join(tmpdir(), 'toy-proto-'));
export const protoPath = join(folder, 'toy.proto');
writeFileSync(protoPath, PROTO);
afterAll(() => rmSync(folder, { recursive: true }));

export interface Toy extends Served {
  readonly readiness: Readiness;
  readonly serving: Serving;
  readonly lines: string[];
  readonly ask: (method: string, path: string, init?: RequestInit) => Promise<Answer>;
}
interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

export async function start(
  httpPort = 0,
  grpcPort = 0,
  certificates?: DoorCertificates,
  healthEveryMs = 10,
): Promise<Toy> {
  const readiness = new Readiness({ timeoutMs: 50 });
  const serving = new Serving({ timeoutMs: 50 });
  const metrics = new Metrics();
  const lines: string[] = [];
  const served = await serve({
    module: {
      module: ToyModule,
      controllers: [OpsController],
      providers: opsProviders({
        readiness,
        serving,
        registry: metrics.registry,
        openapi: { openapi: '3.1.0' },
      }),
    },
    host: '127.0.0.1',
    httpPort,
    grpc: { port: grpcPort, protoPath, packageName: 'toy.v1', foreign: writeForeign(folder) },
    logger: createLogger({
      level: 'info',
      now: () => new Date(0),
      redact: redactSecrets,
      write: (line) => lines.push(line),
    }),
    readiness,
    serving,
    metrics,
    redact: redactSecrets,
    ...(certificates && { certificates }),
    limits: { bodyBytes: 1_000, drainMs: 300, healthEveryMs },
  });
  const ask = async (method: string, path: string, init: RequestInit = {}) => {
    const response = await fetch(`${served.httpUrl}${path}`, { method, ...init });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true;
    const body = (isJson ? JSON.parse(text) : { text }) as Record<string, unknown>;
    return { status: response.status, headers: response.headers, body };
  };
  return { ...served, readiness, serving, lines, ask };
}

/** Sends bytes as they are and gives what came back until the other side hung up. */
export function speak(url: string, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(text));
    let heard = '';
    socket.on('data', (data) => (heard += data.toString()));
    socket.on('error', reject);
    socket.on('close', () => resolve(heard));
  });
}

export const clientOf = (toy: Toy, credentials = grpc.credentials.createInsecure()): grpc.Client =>
  // By its name: there is no TLS server name that is an address.
  new grpc.Client(toy.grpcAddress!.replace('127.0.0.1', 'localhost'), credentials, {
    'grpc.enable_retries': 0,
  });
const toyMethods = loadSync(protoPath, GRPC_LOADER)['toy.v1.ToyService'] as grpc.ServiceDefinition;

export type Reply = { readonly error: grpc.ServiceError | null; readonly value: unknown };

export function send(
  toy: Toy,
  path: string,
  bytes: Uint8Array,
  read = (raw: Buffer): unknown => raw,
  credentials?: grpc.ChannelCredentials,
): Promise<Reply> {
  const stub = clientOf(toy, credentials);
  return new Promise((resolve) => {
    const keep = (raw: Buffer) => raw;
    stub.makeUnaryRequest(path, keep, read, Buffer.from(bytes), (error, value) => {
      stub.close();
      resolve({ error, value });
    });
  });
}
export const call = (
  toy: Toy,
  message: object,
  credentials?: grpc.ChannelCredentials,
): Promise<Reply> => {
  const { path, requestSerialize, responseDeserialize } = toyMethods['Echo']!;
  return send(toy, path, requestSerialize(message), responseDeserialize, credentials);
};
export const detailsOf = (error: grpc.ServiceError | null): string =>
  String(error?.metadata.get('grpc-status-details-bin')[0]);
