import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { freePort } from '#libs/testing';
import type { EmptyServiceOrder } from './empty-grpc-service';

/** An empty gRPC service in a process of its own. */
export class EmptyService {
  private constructor(
    private readonly child: ChildProcess,
    readonly grpcAddress: string,
  ) {}

  /** @param answer the `CheckResponse` it answers everything with */
  static async start(door: EmptyServiceOrder['door'], answer: Uint8Array): Promise<EmptyService> {
    const child = fork(resolve(__dirname, 'empty-grpc-service'), { serialization: 'advanced' });
    const order: EmptyServiceOrder = { door, answer, port: await freePort() };
    child.send(order);
    const ended = once(child, 'exit').then(() => {
      throw new Error(`the empty service (${door}) did not start`);
    });
    const [address] = (await Promise.race([once(child, 'message'), ended])) as [string];
    ended.catch(() => undefined);
    return new EmptyService(child, address);
  }

  get pid(): number {
    return this.child.pid!;
  }

  stop(): void {
    this.child.kill();
  }
}
