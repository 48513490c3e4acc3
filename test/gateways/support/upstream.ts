import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { waitUntil } from '#libs/testing';
import { eventsOf, wholeAnswer, type Body, type Wanted } from './upstream-answers';

/** What the upstream has seen of a call. */
export interface SeenCall {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  readonly body: Body;
  /** The answer was sent to its end. */
  isDone: boolean;
  /** The other side left before. */
  isCut: boolean;
}

/** A model that answers as each call asks, and counts its calls: what it has not seen cost nothing. */
export class Upstream {
  readonly calls: SeenCall[] = [];
  private readonly held: (() => void)[] = [];

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async start(): Promise<Upstream> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const upstream = new Upstream(server, (server.address() as AddressInfo).port);
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      upstream
        .answer(request, response)
        .catch((error: unknown) => response.destroy(error as Error));
    });
    return upstream;
  }

  /** Lets the calls that wait go on. */
  resume(): void {
    for (const go of this.held.splice(0)) go();
  }

  /** Until so many calls wait for `resume()`. */
  async holds(count: number): Promise<void> {
    await waitUntil(`the upstream holds ${count} calls`, () => this.held.length === count);
  }

  forget(): void {
    this.calls.length = 0;
  }

  async stop(): Promise<void> {
    this.resume();
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await textOf(request);
    const body = bodyOf(text);
    const { method = '', url: path = '', headers } = request;
    const call: SeenCall = { method, path, headers, text, body, isDone: false, isCut: false };
    this.calls.push(call);
    response.on('close', () => (call.isCut = !response.writableFinished));
    const wanted = body._ ?? {};
    if (wanted.status !== undefined) sendError(response, wanted.status);
    else if (body.stream === true) await this.stream(response, body, wanted);
    else {
      await this.waitAfter(0, wanted);
      sendJson(response, wholeAnswer(body, wanted), wanted);
    }
    call.isDone = response.writableEnded;
  }

  private async stream(response: ServerResponse, body: Body, wanted: Wanted): Promise<void> {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const { first, chunk, last } = eventsOf(body, wanted);
    for (const event of first) response.write(event);
    for (let at = 0; at < (wanted.chunks ?? 5); at += 1) {
      await this.waitAfter(at, wanted);
      if (wanted.cutAfter === at) {
        // What was written before has to be on its way.
        await new Promise((resolve) => response.write('', resolve));
        response.destroy();
        return;
      }
      response.write(chunk(at));
    }
    for (const event of last) response.write(event);
    response.end();
  }

  private async waitAfter(chunks: number, { holdAfter }: Wanted): Promise<void> {
    if (holdAfter === chunks) await new Promise<void>((resolve) => this.held.push(resolve));
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}

function bodyOf(text: string): Body {
  try {
    return JSON.parse(text) as Body;
  } catch {
    return {};
  }
}

function sendError(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(
    JSON.stringify({ error: { message: 'The upstream failed.', type: 'server_error' } }),
  );
}

function sendJson(response: ServerResponse, value: object, { isGzipped }: Wanted): void {
  const text = JSON.stringify(value);
  response.setHeader('content-type', 'application/json');
  if (isGzipped === true) response.setHeader('content-encoding', 'gzip');
  response.end(isGzipped === true ? gzipSync(text) : text);
}
