import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { GrpcMetrics } from './grpc/grpc-metrics';

export interface MetricsOptions {
  /** The process's own figures (memory, event loop, garbage collection). */
  readonly ofProcess?: boolean;
}

/** What a process counts. Its own registry per start, so that one process can start several. */
export class Metrics {
  readonly registry = new Registry();
  private readonly httpSeconds: Histogram<'method' | 'route' | 'status'>;
  private readonly grpc: GrpcMetrics;

  constructor({ ofProcess = false }: MetricsOptions = {}) {
    if (ofProcess) {
      collectDefaultMetrics({ register: this.registry });
      for (const name of MISNAMED) this.registry.removeSingleMetric(name);
    }
    this.httpSeconds = this.histogram(
      'http_request_duration_seconds',
      'HTTP requests by route and status',
      HTTP_BUCKETS,
      ['method', 'route', 'status'],
    );
    this.grpc = new GrpcMetrics(this.registry);
  }

  /** `collect` is waited for at each scrape. */
  counter<L extends string = never>(
    name: string,
    help: string,
    labels: readonly L[] = [],
    collect?: () => unknown,
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

  /** A queue with a limit: `<name>_queued` beside `<name>_queue_limit`, so that a rule can set one against the other. */
  queue(name: string, help: string, queued: () => number, limit: number): void {
    this.gauge(`${name}_queued`, help, [], (gauge) => gauge.set(queued()));
    this.gauge(`${name}_queue_limit`, `${help}: the most; further ones are refused`).set(limit);
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

  /** On the path of every call. */
  countGrpc(path: string, code: number, seconds: number): void {
    this.grpc.count(path, code, seconds);
  }
}

/** Gauges of prom-client that are named as counters are; the same by type have right names. */
const MISNAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];

const HTTP_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
