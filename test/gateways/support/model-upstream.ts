import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What an upstream does with a call. */
export type Reply =
  /** An answer whose headers say the usage. */
  | {
      readonly kind: 'counted';
      readonly input: number;
      readonly output: number;
      readonly model: string;
    }
  /** An answer that says no usage. */
  | { readonly kind: 'plain' }
  | { readonly kind: 'error'; readonly status: number }
  /** A beginning, and no more. */
  | { readonly kind: 'endless' }
  /** No answer, for as long as the caller waits. */
  | { readonly kind: 'silent' }
  /** The connection breaks before there is any answer. */
  | { readonly kind: 'broken' };

/** A provider of a model, as far as a proxy sees it, that counts its calls. */
export class ModelUpstream {
  /** The headers of each call. */
  readonly calls: IncomingMessage['headers'][] = [];
  reply: Reply = { kind: 'plain' };

  private constructor(
    readonly port: number,
    private readonly server: Server,
  ) {}

  static async start(): Promise<ModelUpstream> {
    const server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const upstream = new ModelUpstream((server.address() as AddressInfo).port, server);
    server.on('request', (request, response) => void upstream.take(request, response));
    return upstream;
  }

  async close(): Promise<void> {
    const closed = once(this.server.close(), 'close');
    this.server.closeAllConnections();
    await closed;
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.calls.push(request.headers);
    await request.resume().toArray();
    const { reply } = this;
    switch (reply.kind) {
      case 'counted':
        response.writeHead(200, {
          'x-usage-input-tokens': reply.input,
          'x-usage-output-tokens': reply.output,
          'x-usage-model': reply.model,
        });
        response.end('{}');
        return;
      case 'plain':
        response.end('{}');
        return;
      case 'error':
        response.writeHead(reply.status).end('{}');
        return;
      case 'endless':
        response.writeHead(200).write('{');
        return;
      case 'silent':
        return;
      case 'broken':
        response.destroy();
    }
  }
}
