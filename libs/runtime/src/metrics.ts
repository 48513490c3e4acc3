import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

export interface MetricsOptions {
  /** The process's own figures (memory, event loop, garbage collection). */
  readonly ofProcess?: boolean;
}

/** What a process counts. Its own registry per start, so that one process can start several. */
export class Metrics {
  readonly registry = new Registry();
  private readonly httpSeconds: Histogram<'method' | 'route' | 'status'>;
  private readonly grpcCalls = new Map<string, number[]>();

  constructor({ ofProcess = false }: MetricsOptions = {}) {
    if (ofProcess) collectDefaultMetrics({ register: this.registry });
    this.httpSeconds = this.histogram(
      'http_request_duration_seconds',
      'HTTP requests by route and status',
      HTTP_BUCKETS,
      ['method', 'route', 'status'],
    );
    this.collectGrpcCalls();
  }

  /** `collect` is waited for at each scrape. */
  counter<L extends string = never>(
    name: string,
    help: string,
    labels: readonly L[] = [],
    collect?: () => Promise<unknown>,
  ) {
    return new Counter<L>({
      name,
      help,
      labelNames: [...labels],
      registers: [this.registry],
      ...(collect === undefined
        ? {}
        : {
            async collect() {
              await collect();
            },
          }),
    });
  }

  /** `collect` is asked at each scrape. */
  gauge<L extends string = never>(
    name: string,
    help: string,
    labels: readonly L[] = [],
    collect?: (gauge: Gauge<L>) => void | Promise<void>,
  ): Gauge<L> {
    return new Gauge<L>({
      name,
      help,
      labelNames: [...labels],
      registers: [this.registry],
      ...(collect === undefined
        ? {}
        : {
            collect(this: Gauge<L>) {
              return collect(this);
            },
          }),
    });
  }

  histogram<L extends string = never>(
    name: string,
    help: string,
    buckets: readonly number[],
    labels: readonly L[] = [],
  ): Histogram<L> {
    return new Histogram<L>({
      name,
      help,
      buckets: [...buckets],
      labelNames: [...labels],
      registers: [this.registry],
    });
  }

  countHttp(method: string, route: string, status: number, seconds: number): void {
    this.httpSeconds.observe({ method, route, status }, seconds);
  }

  /** On the hot path of every call: two look-ups and an addition. Labels are made at the scrape. */
  countGrpc(path: string, code: number): void {
    let byCode = this.grpcCalls.get(path);
    if (byCode === undefined) {
      byCode = [];
      this.grpcCalls.set(path, byCode);
    }
    byCode[code] = (byCode[code] ?? 0) + 1;
  }

  private collectGrpcCalls(): void {
    const calls = this.grpcCalls;
    new Counter({
      name: 'grpc_server_handled_total',
      help: 'gRPC calls by method and status code',
      labelNames: ['grpc_method', 'grpc_code'],
      registers: [this.registry],
      collect() {
        this.reset();
        for (const [method, byCode] of calls) {
          byCode.forEach((count, code) =>
            this.inc({ grpc_method: method, grpc_code: code }, count),
          );
        }
      },
    });
  }
}

const HTTP_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
