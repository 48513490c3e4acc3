import { shareOf } from '../measure/median';
import { HttpConnection } from './http-connection';

export interface HttpLoad {
  /** `host:port` */
  readonly address: string;
  readonly path: string;
  /** Each call sends the next of them. */
  readonly bodies: readonly Buffer[];
  readonly callers: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
}

export interface HttpResult {
  readonly answers: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/**
 * Callers that send one call after the other, each on a connection of its own.
 * @param measuring once the warm-up is over
 * @throws Error for any answer but a success
 */
export async function callHttp(load: HttpLoad, measuring: () => void): Promise<HttpResult> {
  const { address, path, bodies, callers, warmUpMs, measureMs } = load;
  const connections = await Promise.all(
    Array.from({ length: callers }, () => HttpConnection.open(address)),
  );
  const startMs = performance.now() + warmUpMs;
  const endMs = startMs + measureMs;
  const took: number[] = [];
  let next = 0;
  const work = async (connection: HttpConnection): Promise<void> => {
    for (let sentMs = performance.now(); sentMs < endMs; sentMs = performance.now()) {
      await connection.post(path, 'application/json', bodies[next++ % bodies.length]!);
      if (sentMs >= startMs) took.push(performance.now() - sentMs);
    }
  };
  const timer = setTimeout(measuring, warmUpMs);
  try {
    await Promise.all(connections.map(work));
  } finally {
    clearTimeout(timer);
    for (const connection of connections) connection.close();
  }
  const share = shareOf(took);
  return {
    answers: took.length,
    seconds: (performance.now() - startMs) / 1000,
    p50Ms: share(0.5),
    p99Ms: share(0.99),
  };
}
