import { fork, type ChildProcess } from 'node:child_process';
import { resolve } from 'node:path';
import type { LoadMessage, LoadOrder, LoadResult } from './generator';

/** The generator in a process of its own, so that it shares no event loop with anything. */
export class LoadGenerator {
  private constructor(private readonly child: ChildProcess) {}

  static start(): LoadGenerator {
    return new LoadGenerator(fork(resolve(__dirname, 'generator'), { serialization: 'advanced' }));
  }

  get pid(): number {
    return this.child.pid!;
  }

  /**
   * Carries out one order.
   * @param onMeasuring called when the warm-up is over
   * @throws Error when the server closed a connection or answered with an error
   */
  run(order: LoadOrder, onMeasuring: () => void): Promise<LoadResult> {
    return new Promise((resolveRun, reject) => {
      const end = (settle: () => void): void => {
        this.child.off('message', onMessage);
        this.child.off('exit', onExit);
        settle();
      };
      const onExit = (): void => end(() => reject(new Error('the generator ended')));
      const onMessage = (message: LoadMessage): void => {
        if (message.kind === 'measuring') onMeasuring();
        else if (message.kind === 'done') end(() => resolveRun(message.result));
        else end(() => reject(new Error(`the load could not go on: ${message.reason}`)));
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
