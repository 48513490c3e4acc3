import { fork, type ChildProcess } from 'node:child_process';

/** What a worker says: it counts from now on, it is done, or it could not go on. */
type WorkerMessage<Result> =
  | { readonly kind: 'measuring' }
  | { readonly kind: 'done'; readonly result: Result }
  | { readonly kind: 'failed'; readonly reason: string };

/** A process of its own that carries out orders, so that it shares no event loop with anything. */
export class Worker<Order extends object, Result> {
  private constructor(
    private readonly child: ChildProcess,
    private readonly name: string,
  ) {}

  /** @param file what it runs: a file that calls `takeOrders` */
  static start<Order extends object, Result>(file: string, name: string): Worker<Order, Result> {
    return new Worker(fork(file, { serialization: 'advanced' }), name);
  }

  get pid(): number {
    return this.child.pid!;
  }

  /**
   * Carries out one order.
   * @param onMeasuring called when the warm-up is over
   * @throws Error when it could not go on
   */
  run(order: Order, onMeasuring: () => void = () => undefined): Promise<Result> {
    return new Promise((resolveRun, reject) => {
      const end = (settle: () => void): void => {
        this.child.off('message', onMessage);
        this.child.off('exit', onExit);
        settle();
      };
      const onExit = (): void => end(() => reject(new Error(`${this.name} ended`)));
      const onMessage = (message: WorkerMessage<Result>): void => {
        if (message.kind === 'measuring') onMeasuring();
        else if (message.kind === 'done') end(() => resolveRun(message.result));
        else end(() => reject(new Error(`${this.name} could not go on: ${message.reason}`)));
      };
      this.child.on('message', onMessage);
      this.child.on('exit', onExit);
      this.child.send(order);
    });
  }

  stop(): void {
    this.child.kill();
  }
}

/** In the worker: takes one order at a time over IPC, and ends with its parent. */
export function takeOrders<Order, Result>(
  carryOut: (order: Order, measuring: () => void) => Promise<Result>,
): void {
  const tell = (message: WorkerMessage<Result>) => process.send!(message);
  process.on('message', (order: Order) => {
    carryOut(order, () => tell({ kind: 'measuring' })).then(
      (result) => tell({ kind: 'done', result }),
      (error: unknown) => tell({ kind: 'failed', reason: String(error) }),
    );
  });
  process.once('disconnect', () => process.exit(0));
}
