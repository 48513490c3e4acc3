import { once } from 'node:events';
import {
  Agent,
  createServer,
  request as ask,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DecideFault } from './faults';
import type { Fault } from './scenario';
import { pathTemplate, recognize, type SeenRequest } from './seen-request';

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

const PAGE = '<!doctype html><title>Sign in to the network</title>';

/** Stands between a client and a real ledger, and breaks what a scenario says. */
export class FaultyProxy {
  readonly requests: SeenRequest[] = [];
  /** Ends the client's process with SIGKILL, and waits for its end. */
  kill: () => Promise<void> = () => Promise.reject(new Error('there is nothing to kill'));
  /** Looks at the client's journal. @returns what waits until that has changed, or for a while */
  watchJournal: () => Promise<() => Promise<void>> = () =>
    Promise.reject(new Error('there is no journal'));
  private isDown = false;
  private readonly counts = new Map<string, number>();
  private readonly stopping = new AbortController();
  private readonly agent = new Agent({ keepAlive: true });

  private constructor(
    private readonly server: Server,
    private readonly target: URL,
    private decide: DecideFault,
  ) {}

  static async start(target: string, decide: DecideFault): Promise<FaultyProxy> {
    const server = createServer();
    const proxy = new FaultyProxy(server, new URL(target), decide);
    server.on('connection', (socket) => void (proxy.isDown && socket.destroy()));
    server.on('request', (asked, answer) => void proxy.serve(asked, answer));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** As if the ledger were gone: every connection breaks. */
  goDown(): void {
    this.isDown = true;
    this.server.closeAllConnections();
  }

  comeUp(): void {
    this.isDown = false;
  }

  liftFaults(): void {
    this.decide = () => undefined;
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
    this.agent.destroy();
  }

  private async serve(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    try {
      const body = await readAll(asked);
      const { method = '', url = '', headers } = asked;
      const template = `${method} ${pathTemplate(url)}`;
      const nth = (this.counts.get(template) ?? 0) + 1;
      this.counts.set(template, nth);
      const known = recognize(method, url, headers, body.toString());
      const seen: SeenRequest = { ...known, atMs: performance.now() };
      this.requests.push(seen);
      const fault = this.decide(template, nth);
      if (fault === undefined) return send(answer, await this.forward(asked, body, seen));
      seen.fault = fault.fault;
      await this.spoil(fault, answer, seen, () => this.forward(asked, body, seen));
    } catch {
      // The client has gone, or the ledger has: either way this connection is of no more use.
      asked.socket.destroy();
    }
  }

  private async spoil(
    fault: Fault,
    answer: ServerResponse,
    seen: SeenRequest,
    forward: () => Promise<Answer>,
  ) {
    switch (fault.fault) {
      case 'delay': {
        const given = await forward();
        await sleep(fault.ms, undefined, { signal: this.stopping.signal });
        return send(answer, given);
      }
      case '503':
        return refuse(answer, seen, fault.retryAfter);
      case '503-kill': {
        const changed = await this.watchJournal();
        refuse(answer, seen, fault.retryAfter);
        await changed();
        return this.kill();
      }
      case 'html':
        return send(answer, page());
      case 'drop-answer':
        await forward();
        break;
      case 'kill-before':
        await this.kill();
        break;
      case 'kill-after':
        await forward();
        await this.kill();
        break;
      case 'cut':
        break;
    }
    answer.destroy();
  }

  private async forward(
    { method, url, headers }: IncomingMessage,
    body: Buffer,
    seen: SeenRequest,
  ): Promise<Answer> {
    const { hostname, port } = this.target;
    const passed = { ...headers, host: this.target.host, connection: 'keep-alive' };
    const options = { agent: this.agent, hostname, port, method, path: url, headers: passed };
    const forwarded = ask(options).end(body);
    const [given] = (await once(forwarded, 'response')) as [IncomingMessage];
    const answer = {
      status: given.statusCode!,
      headers: given.headers,
      body: await readAll(given),
    };
    seen.status = answer.status;
    return answer;
  }
}

function send(to: ServerResponse, { status, headers, body }: Answer): void {
  const { connection: _, 'transfer-encoding': __, ...kept } = headers;
  to.writeHead(status, { ...kept, 'content-length': body.length }).end(body);
}

function refuse(to: ServerResponse, seen: SeenRequest, retryAfter: number | undefined): void {
  send(to, unavailable(retryAfter));
  seen.faultedAtMs = performance.now();
}

function unavailable(retryAfter: number | undefined): Answer {
  const problem = {
    type: 'about:blank',
    title: 'Unavailable',
    status: 503,
    code: 'unavailable',
    detail: 'The proxy says so.',
  };
  return {
    status: 503,
    headers: {
      'content-type': 'application/problem+json',
      ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
    },
    body: Buffer.from(JSON.stringify(problem)),
  };
}

function page(): Answer {
  return { status: 200, headers: { 'content-type': 'text/html' }, body: Buffer.from(PAGE) };
}

async function readAll(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
