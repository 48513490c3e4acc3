import 'reflect-metadata';
import { loadSync, type MethodDefinition, type Options } from '@grpc/proto-loader';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { GrpcMethod, Transport, type MicroserviceOptions } from '@nestjs/microservices';
import { redactSecrets } from '#libs/ledger';
import { createLogger, GRPC_LOADER, Metrics, Readiness, serve, Serving } from '#libs/runtime';
import { PROTO_PACKAGE, PROTO_PATH, REQUEST_LIMITS } from '#libs/wire';

/** What the service is to be; it answers every check with this one `CheckResponse`. */
export interface EmptyServiceOrder {
  /** `stock`: Nest's gRPC transport as it comes. `ours`: the door the ledger's own processes have. */
  readonly door: 'stock' | 'ours';
  /** Where the stock transport listens; our door takes any free port. */
  readonly port: number;
  readonly answer: Uint8Array;
}

let answer: object;

@Controller()
class EmptyController {
  @GrpcMethod('BudgetService', 'Check')
  check(): object {
    return answer;
  }
}

@Module({ controllers: [EmptyController] })
class EmptyModule {}

/** A process of its own: takes its order over IPC, says `host:port` when it listens, and ends with its parent. */
process.once('message', (order: EmptyServiceOrder) => {
  void (order.door === 'stock' ? serveStock(order) : serveOurs(order)).then((address) =>
    process.send!(address),
  );
});
process.once('disconnect', () => process.exit(0));

async function serveStock(order: EmptyServiceOrder): Promise<string> {
  answer = messageOf(order.answer, {});
  const url = `127.0.0.1:${order.port}`;
  const app = await NestFactory.createMicroservice<MicroserviceOptions>(EmptyModule, {
    transport: Transport.GRPC,
    options: { package: PROTO_PACKAGE, protoPath: PROTO_PATH, url },
    logger: ['error'],
  });
  await app.listen();
  return url;
}

async function serveOurs(order: EmptyServiceOrder): Promise<string> {
  // Our handlers give numbers; an int64 in a string would have to be read for each answer.
  answer = messageOf(order.answer, { ...GRPC_LOADER, longs: Number });
  const served = await serve({
    module: EmptyModule,
    host: '127.0.0.1',
    httpPort: 0,
    grpc: { port: 0, protoPath: PROTO_PATH, packageName: PROTO_PACKAGE },
    logger: createLogger({ level: 'error', now: () => new Date(), redact: redactSecrets }),
    metrics: new Metrics({ ofProcess: true }),
    readiness: new Readiness(),
    serving: new Serving(),
    redact: redactSecrets,
    limits: { bodyBytes: REQUEST_LIMITS.batchBytes },
  });
  return served.grpcAddress!;
}

/** The message as a handler behind this loader returns it. */
function messageOf(bytes: Uint8Array, loader: Options): object {
  const service = loadSync(PROTO_PATH, loader)[`${PROTO_PACKAGE}.BudgetService`];
  const { responseDeserialize } = (
    service as unknown as Record<'Check', MethodDefinition<object, object>>
  ).Check;
  return responseDeserialize(Buffer.from(bytes));
}
