import {
  type sendUnaryData,
  type Server,
  type ServerUnaryCall,
  type ServerWritableStream,
  status as grpcStatus,
} from '@grpc/grpc-js';
import { type PackageDefinition } from '@grpc/proto-loader';
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
 * gRPC's own health service: one answer for the process and for each of its services. Not the package's, which keeps
 * every name that somebody ever watched: here anybody asks.
 */
export class GrpcHealth {
  private readonly names = new Set(['']);
  private readonly watchers = new Set<Watcher>();
  private serving = false;

  addTo(server: Server, definition: PackageDefinition): void {
    for (const [name, entry] of Object.entries(definition)) {
      if (!('format' in entry)) this.names.add(name);
    }
    server.addService(service, {
      check: (call: ServerUnaryCall<Asked, Told>, answer: sendUnaryData<Told>) => {
        if (this.names.has(call.request.service)) answer(null, this.statusOf(call.request));
        else answer({ code: grpcStatus.NOT_FOUND, details: 'There is no such service here.' });
      },
      watch: (call: Watcher) => this.watch(call),
      list: (_call: unknown, answer: sendUnaryData<object>) => {
        const told = [...this.names].map((name) => [name, this.statusOf({ service: name })]);
        answer(null, { statuses: Object.fromEntries(told) as object });
      },
    });
  }

  setServing(serving: boolean): void {
    if (serving === this.serving) return;
    this.serving = serving;
    for (const watcher of this.watchers) {
      if (this.names.has(watcher.request.service)) watcher.write(this.statusOf(watcher.request));
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
    if (!this.names.has(name)) return { status: 'SERVICE_UNKNOWN' };
    return { status: this.serving ? 'SERVING' : 'NOT_SERVING' };
  }
}
