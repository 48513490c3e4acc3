import {
  type sendUnaryData,
  type Server,
  type ServerUnaryCall,
  type ServerWritableStream,
  status as grpcStatus,
} from '@grpc/grpc-js';
import { service } from 'grpc-health-check';

interface Asked {
  readonly service: string;
}
interface Told {
  readonly status: 'SERVING' | 'NOT_SERVING' | 'SERVICE_UNKNOWN';
}
type Watcher = ServerWritableStream<Asked, Told>;

/** Most that watch at the same time. */
export const MOST_WATCHERS = 100;

/**
 * gRPC's own health service: an answer for the process and one for each service that it has a handler of. Not the
 * package's, which keeps every name that somebody ever watched: here anybody asks.
 */
export class GrpcHealth {
  private readonly serving = new Map([['', false]]);
  private readonly watchers = new Set<Watcher>();

  /** A service of the process, by its full name. */
  add(name: string): void {
    if (!this.serving.has(name)) this.serving.set(name, false);
  }

  addTo(server: Server): void {
    server.addService(service, {
      check: (call: ServerUnaryCall<Asked, Told>, answer: sendUnaryData<Told>) => {
        if (this.serving.has(call.request.service)) answer(null, this.statusOf(call.request));
        else answer({ code: grpcStatus.NOT_FOUND, details: 'There is no such service here.' });
      },
      watch: (call: Watcher) => this.watch(call),
      list: (_call: unknown, answer: sendUnaryData<object>) => {
        const told = [...this.serving.keys()].map((name) => [
          name,
          this.statusOf({ service: name }),
        ]);
        answer(null, { statuses: Object.fromEntries(told) as object });
      },
    });
  }

  tell(isServing: (name: string) => boolean): void {
    const changed = [...this.serving].filter(([name, before]) => before !== isServing(name));
    for (const [name, before] of changed) this.serving.set(name, !before);
    const names = new Set(changed.map(([name]) => name));
    for (const watcher of this.watchers) {
      if (names.has(watcher.request.service)) watcher.write(this.statusOf(watcher.request));
    }
  }

  private watch(call: Watcher): void {
    if (this.watchers.size >= MOST_WATCHERS) {
      const details = 'Too many watch already: ask with Check.';
      call.emit('error', { code: grpcStatus.RESOURCE_EXHAUSTED, details });
      return;
    }
    this.watchers.add(call);
    call.on('cancelled', () => this.watchers.delete(call));
    call.write(this.statusOf(call.request));
  }

  private statusOf({ service: name }: Asked): Told {
    const isServing = this.serving.get(name);
    if (isServing === undefined) return { status: 'SERVICE_UNKNOWN' };
    return { status: isServing ? 'SERVING' : 'NOT_SERVING' };
  }
}
