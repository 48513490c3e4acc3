import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { waitUntil } from '#libs/testing';
import { chunksOf, wholeAnswer, type Asked } from './paid-answers';

/** How the upstream treats a call. The prompt says it, as JSON. */
export interface Wanted {
  /** What several attempts of one call have in common. */
  readonly id?: string;
  readonly input?: number;
  readonly output?: number;
  /** So many attempts fail before one is answered. */
  readonly failures?: number;
  /** Breaks a stream off after so many chunks. */
  readonly cutAfter?: number;
  /** Waits after so many chunks, or before an answer that is no stream, until `resume()`. */
  readonly waitAfter?: number;
}

/** What the upstream has seen of an attempt, and what it bills for it. */
export interface SeenAttempt {
  readonly model: string;
  readonly path: string;
  readonly wanted: Wanted;
  readonly usage: { readonly input: number; readonly output: number };
  /** A failed one is not billed. */
  readonly outcome: 'answered' | 'failed' | 'cut' | 'running';
}

/** A provider of models that counts what it bills. */
export class PaidUpstream {
  readonly attempts: SeenAttempt[] = [];
  private readonly waiting: (() => void)[] = [];
  private readonly failed = new Map<string, number>();

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async start(): Promise<PaidUpstream> {
    const server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const upstream = new PaidUpstream(server, (server.address() as AddressInfo).port);
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      upstream.take(request, response).catch((error: unknown) => response.destroy(error as Error));
    });
    return upstream;
  }

  /** Lets the calls that wait go on. */
  resume(): void {
    for (const go of this.waiting.splice(0)) go();
  }

  /** Until so many calls wait for `resume()`. */
  async holds(count: number): Promise<void> {
    await waitUntil(`the upstream holds ${count} calls`, () => this.waiting.length === count);
  }

  async stop(): Promise<void> {
    this.resume();
    const closed = once(this.server.close(), 'close');
    this.server.closeAllConnections();
    await closed;
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = Buffer.concat(await request.toArray()).toString();
    const path = request.url ?? '';
    if (request.method !== 'POST') return void response.writeHead(404).end();
    const asked = JSON.parse(text) as Asked;
    const wanted = wantedIn(text);
    const usage = { input: wanted.input ?? 10, output: wanted.output ?? 5 };
    const { model = '' } = asked;
    const at = this.attempts.push({ model, path, wanted, usage, outcome: 'running' }) - 1;
    const end = (outcome: SeenAttempt['outcome']) =>
      (this.attempts[at] = { ...this.attempts[at]!, outcome });
    if (this.mustFail(model, wanted)) {
      end('failed');
      response.writeHead(500, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ error: { message: 'It failed.', type: 'server_error' } }));
    } else if (asked.stream === true) {
      end(await this.stream(response, asked, path, wanted, usage));
    } else {
      if (wanted.waitAfter !== undefined) await this.wait();
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(wholeAnswer(asked, path, usage)));
      end('answered');
    }
  }

  private mustFail(model: string, { id = '', failures = 0 }: Wanted): boolean {
    if (model === 'broken') return true;
    const before = this.failed.get(id) ?? 0;
    if (before >= failures) return false;
    this.failed.set(id, before + 1);
    return true;
  }

  private async stream(
    response: ServerResponse,
    asked: Asked,
    path: string,
    wanted: Wanted,
    usage: SeenAttempt['usage'],
  ): Promise<SeenAttempt['outcome']> {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const { parts, end } = chunksOf(asked, path, usage);
    for (const [at, part] of parts.entries()) {
      if (wanted.waitAfter === at) await this.wait();
      if (wanted.cutAfter === at) {
        // What was written before has to be on its way.
        await new Promise((resolve) => response.write('', resolve));
        response.destroy();
        return 'cut';
      }
      response.write(part);
    }
    if (response.destroyed) return 'cut';
    response.end(end);
    return 'answered';
  }

  private wait(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }
}

/** The prompt of a call that wants something is a JSON object within the request's JSON. */
function wantedIn(text: string): Wanted {
  const [said] = /\{(?:\\"\w+\\":(?:\\"[\w-]*\\"|\d+),?)+\}/.exec(text) ?? [];
  return said === undefined ? {} : (JSON.parse(said.replaceAll('\\"', '"')) as Wanted);
}
