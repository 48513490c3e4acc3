import { HttpConnection } from './http-connection';

const MOST_WAITING = 10_000;

/** Connections that take turns; who finds none free waits, first come, first served. */
export class ConnectionPool {
  private readonly waiting: ((connection: HttpConnection) => void)[] = [];

  private constructor(
    private readonly all: readonly HttpConnection[],
    private readonly free: HttpConnection[] = [...all],
  ) {}

  /** @param address `host:port` */
  static async open(address: string, count: number): Promise<ConnectionPool> {
    const opening = Array.from({ length: count }, () => HttpConnection.open(address));
    return new ConnectionPool(await Promise.all(opening));
  }

  async withOne<T>(use: (connection: HttpConnection) => Promise<T>): Promise<T> {
    // The one that has been free for longest: a server closes those that nobody uses.
    const connection = this.free.shift() ?? (await this.nextFree());
    const result = await use(connection);
    const next = this.waiting.shift();
    if (next) next(connection);
    else this.free.push(connection);
    return result;
  }

  close(): void {
    for (const connection of this.all) connection.close();
  }

  private nextFree(): Promise<HttpConnection> {
    if (this.waiting.length >= MOST_WAITING) {
      throw new Error(`${MOST_WAITING} requests wait for a connection: the rate is too high`);
    }
    return new Promise((resolve) => this.waiting.push(resolve));
  }
}
