import { type IncomingMessage, type Server } from 'node:http';
import type * as https from 'node:https';
import { type DynamicModule, type LoggerService, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Gate } from '../access/gate';
import { type Metrics } from '../metrics';
import { ANSWER_BYTES } from '../fit-answer';
import { Problem } from '../problem';
import { ProblemFilter } from '../problem-filter';
import { type Redact } from '../redact';
import { type DoorCertificates } from '../tls/door-certificates';
import { internalProblem, toProblem } from '../to-problem';
import { askGate } from './ask-gate';
import { answerClientError, answerConnect, answerExpectation } from './client-error';
import { invalid } from './invalid';
import { KnownPaths } from './known-paths';
import { type OtherProcesses } from './other-processes';
import { type Doors, refuseEarly } from './refuse-early';
import { requestIdOf } from './request-id';
import { PROBLEM_TYPE, problemBytes, sendProblem } from './send-problem';

export interface HttpLimits {
  /** The largest body; more is 413. */
  readonly bodyBytes: number;
  /** How long a request may take to arrive. */
  readonly requestMs?: number;
}

export interface HttpAppOptions {
  readonly logger: LoggerService;
  readonly limits: HttpLimits;
  readonly redact: Redact;
  /** Without them they never close. */
  readonly doors?: Doors;
  readonly metrics?: Metrics;
  /** Who serves what is not served here. */
  readonly others?: OtherProcesses;
  /** Without one, everybody comes in, and handlers cannot ask who calls. */
  readonly gate?: Gate;
  /** With them the door speaks TLS only. */
  readonly certificates?: DoorCertificates;
}

/** An id of 256 bytes, all of them percent-encoded, with a scope's prefix; longer is no id of ours. */
const MAX_PATH_PARAMETER_CHARS = 2_048;

/**
 * A Nest application on Fastify, not listening yet. Every body of whatever type reaches the
 * controllers as its bytes (`@Body() raw: Buffer | undefined`), every failure the caller as a
 * problem, every answer with an `x-request-id`.
 */
export async function createHttpApp(
  module: DynamicModule | Type,
  options: HttpAppOptions,
): Promise<NestFastifyApplication> {
  const { redact } = options;
  const paths = new KnownPaths();
  const adapter = createAdapter(options, redact);
  const fastify = adapter.getInstance();
  fastify.addHook('onRoute', ({ method, url }) => paths.add(method, url));
  addRequestHooks(fastify, options);
  if (options.gate) askGate(fastify, options.gate);
  takeBodiesAsBytes(fastify);
  const { certificates } = options;
  if (certificates !== undefined) useNewCertificates(fastify.server, certificates);
  fastify.server.on('checkExpectation', answerExpectation);
  fastify.server.on('connect', answerConnect);

  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    logger: options.logger,
    bodyParser: false,
    abortOnError: false,
  });
  const { logger, others } = options;
  const filter = { logger, redact, methodsAt: paths.methodsAt, ...(others && { others }) };
  app.useGlobalFilters(new ProblemFilter(filter));
  return app;
}

function createAdapter({ limits, certificates }: HttpAppOptions, redact: Redact): FastifyAdapter {
  // Node would answer a missing Host itself, and not with a problem.
  const http = { requireHostHeader: false };
  return new FastifyAdapter({
    bodyLimit: limits.bodyBytes,
    ...(certificates === undefined
      ? { http }
      : { https: { ...http, ...certificates.serverOptions } }),
    requestTimeout: limits.requestMs ?? 60_000,
    requestIdHeader: false,
    genReqId: (request: IncomingMessage) => requestIdOf(request, redact),
    // What arrives while the process drains is refused by our own hook, as a problem.
    return503OnClosing: false,
    // No Nest middleware is in use; without middie each request is spared its walk.
    skipMiddie: true,
    routerOptions: { maxParamLength: MAX_PATH_PARAMETER_CHARS },
    clientErrorHandler: answerClientError,
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      sendProblem(reply, request.id, pathProblem(error), redact);
    },
  });
}

/** What the router itself refuses. */
function pathProblem(error: Error & { code?: string }): Problem {
  switch (error.code) {
    case 'FST_ERR_BAD_URL':
      return invalid([
        {
          field: '',
          rule: 'percent_encoding',
          message: 'has a path that is not UTF-8, percent-encoded',
        },
      ]);
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return invalid([{ field: '', rule: 'length', message: 'has a path with too long a part' }]);
    default:
      return toProblem(error) ?? internalProblem();
  }
}

function addRequestHooks(
  fastify: FastifyInstance,
  { doors, metrics, redact }: HttpAppOptions,
): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-request-id', request.id);
    done(refuseEarly(request, { doors, redact }));
  });
  fastify.addHook('onSend', (_request, reply, payload, done) => {
    // A caller who keeps the connection for the next request would find it closed.
    if (doors?.areClosing === true) void reply.header('connection', 'close');
    done(null, payload);
  });
  // Lists end before, and what has many parts is bounded where it is made: this is for what nobody thought of.
  fastify.addHook('onSend', (request, reply, payload, done) => {
    if (!isTooLarge(payload)) return done(null, payload);
    const problem = tooLargeAnswer();
    void reply.code(problem.status).removeHeader('content-length');
    void reply.header('content-type', PROBLEM_TYPE);
    done(null, problemBytes(problem, redact));
  });
  if (metrics === undefined) return;
  fastify.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'unmatched';
    metrics.countHttp(request.method, route, reply.statusCode, reply.elapsedTime / 1_000);
    done();
  });
}

function isTooLarge(payload: unknown): boolean {
  if (typeof payload === 'string') return Buffer.byteLength(payload) >= ANSWER_BYTES;
  return Buffer.isBuffer(payload) && payload.length >= ANSWER_BYTES;
}

const tooLargeAnswer = (): Problem =>
  new Problem('too_much', 'The answer would be larger than 4 MiB. Ask for less.');

function useNewCertificates(server: Server, certificates: DoorCertificates): void {
  const secure = server as https.Server;
  certificates.onChange((context) => secure.setSecureContext(context));
}

function takeBodiesAsBytes(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => {
    done(null, body);
  });
}
