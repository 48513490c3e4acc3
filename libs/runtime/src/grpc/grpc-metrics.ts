import { status } from '@grpc/grpc-js';
import { Counter, type Registry } from 'prom-client';

/** Upper bounds in seconds. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** The calls of one method that ended with one code. */
interface Ended {
  /** By bucket, each without those below it; the last has all that took longer. */
  readonly counts: Float64Array;
  seconds: number;
  calls: number;
}

/** gRPC calls by method and code. What is on the path of a call is two look-ups and three additions; the scrape does the rest. */
export class GrpcMetrics {
  private readonly ended = new Map<string, Ended[]>();

  constructor(registry: Registry) {
    this.registerCounter(registry);
    // prom-client's own histogram makes a key of the labels for each observation.
    const read = () => Promise.resolve(this.histogram());
    registry.registerMetric({ name: NAME, get: read } as unknown as Counter);
  }

  count(path: string, code: number, seconds: number): void {
    const byCode = this.ended.get(path) ?? this.meet(path);
    const ended = (byCode[code] ??= {
      counts: new Float64Array(BUCKETS.length + 1),
      seconds: 0,
      calls: 0,
    });
    let bucket = 0;
    while (bucket < BUCKETS.length && seconds > BUCKETS[bucket]!) bucket += 1;
    ended.counts[bucket]! += 1;
    ended.seconds += seconds;
    ended.calls += 1;
  }

  /** Callers make up paths of methods that are not there. */
  private meet(path: string): Ended[] {
    const known = this.ended.size < MOST_PATHS ? path : OTHERS;
    const byCode = this.ended.get(known) ?? [];
    this.ended.set(known, byCode);
    return byCode;
  }

  private histogram(): object {
    const values = this.all().flatMap(([path, code, ended]) => {
      const labels = labelsOf(path, code);
      let sum = 0;
      const buckets = [...BUCKETS, '+Inf'].map((le, n) => ({
        metricName: `${NAME}_bucket`,
        labels: { le, ...labels },
        value: (sum += ended.counts[n]!),
      }));
      return [
        ...buckets,
        { metricName: `${NAME}_sum`, labels, value: ended.seconds },
        { metricName: `${NAME}_count`, labels, value: ended.calls },
      ];
    });
    return { name: NAME, help: HELP, type: 'histogram', aggregator: 'sum', values };
  }

  private registerCounter(registry: Registry): void {
    const all = () => this.all();
    new Counter({
      name: 'grpc_server_handled_total',
      help: 'gRPC calls by the path of the method and the number of the status',
      labelNames: ['grpc_method', 'grpc_code'],
      registers: [registry],
      collect() {
        this.reset();
        for (const [path, code, { calls }] of all()) {
          this.inc({ grpc_method: path, grpc_code: code }, calls);
        }
      },
    });
  }

  private all(): [path: string, code: number, ended: Ended][] {
    return [...this.ended].flatMap(([path, byCode]) =>
      // Passes over codes that no call ended with.
      Object.entries(byCode).map(([code, ended]): [string, number, Ended] => [
        path,
        Number(code),
        ended,
      ]),
    );
  }
}

/** More than all protos that are served here have methods. */
const MOST_PATHS = 200;
const OTHERS = '/other/other';
const NAME = 'grpc_server_handling_seconds';
const HELP = 'How long gRPC calls took, by service, method and status';

/** `/spendledger.v1.BudgetService/Check` and 0 are `spendledger.v1.BudgetService`, `Check` and `OK`. */
function labelsOf(path: string, code: number): Record<string, string> {
  const [, service = '', method = ''] = path.split('/');
  return { grpc_service: service, grpc_method: method, grpc_code: status[code] ?? String(code) };
}
