import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';

/** A request as a receiver got it, after its signature was verified by the package of Standard Webhooks. */
export interface WebhookMessage {
  readonly id: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- a spec names the members it expects
  readonly payload: any;
}

/** A status to answer with, or nothing at all until the receiver closes. */
export type WebhookAnswer = number | 'never';

/** An operator's receiver of webhooks: a real HTTP server. */
export class WebhookReceiver {
  readonly messages: WebhookMessage[] = [];
  /** What of the requests was not signed as it must be. */
  readonly forged: unknown[] = [];
  /** Asked for each request. */
  answer: (message: WebhookMessage) => WebhookAnswer = () => 204;
  /** Most requests at once. */
  mostUnderWay = 0;
  private underWay = 0;

  private constructor(
    readonly url: string,
    private readonly server: Server,
    private readonly secret: string,
  ) {}

  /** @param secret `whsec_…` */
  static async start(secret: string): Promise<WebhookReceiver> {
    const server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const receiver = new WebhookReceiver(`http://127.0.0.1:${port}/hook`, server, secret);
    server.on('request', (request, response) => void receiver.take(request, response));
    return receiver;
  }

  /** The shares it was warned of, in the order they came. */
  get shares(): string[] {
    return this.messages.map(({ payload }) => payload.data.share);
  }

  async close(): Promise<void> {
    const closed = once(this.server.close(), 'close');
    this.server.closeAllConnections();
    await closed;
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.underWay++;
    this.mostUnderWay = Math.max(this.mostUnderWay, this.underWay);
    response.once('close', () => this.underWay--);
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    const headers = request.headers as Record<string, string>;
    try {
      const payload = new Webhook(this.secret).verify(body, headers);
      const message = { id: headers['webhook-id']!, headers, body, payload };
      this.messages.push(message);
      const status = this.answer(message);
      if (status === 'never') return;
      response.writeHead(status, status === 302 ? { location: this.url } : {}).end('noted');
    } catch (error) {
      this.forged.push(error);
      response.writeHead(401).end();
    }
  }
}
