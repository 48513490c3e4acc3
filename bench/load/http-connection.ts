import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const END_OF_HEAD = '\r\n\r\n';
const STATUS_AT = 'HTTP/1.1 '.length;

export interface HttpAnswer {
  readonly status: number;
  readonly body: Buffer;
}

/**
 * One HTTP/1.1 connection with one request at a time, with as little work of its own as can be: on a small machine the
 * generator competes with what it measures. It reads what our own door writes, not everything that HTTP allows.
 */
export class HttpConnection {
  private waiting: PromiseWithResolvers<HttpAnswer> | undefined;
  private unread: Buffer = Buffer.alloc(0);

  private constructor(
    private readonly socket: Socket,
    private readonly host: string,
  ) {
    socket.on('data', (chunk: Buffer) => this.read(chunk));
    socket.on('error', (error) => this.fail(error));
    socket.on('close', () => this.fail(new Error('the server closed the connection')));
  }

  /** @param address `host:port` */
  static async open(address: string): Promise<HttpConnection> {
    const [host, port] = address.split(':') as [string, string];
    const socket = connect({ host, port: Number(port), noDelay: true });
    await once(socket, 'connect');
    return new HttpConnection(socket, address);
  }

  /** @returns the body of the answer. @throws Error for any other than a success */
  async post(path: string, contentType: string, body: Uint8Array): Promise<Buffer> {
    const answer = await this.ask(path, contentType, body);
    if (answer.status >= 200 && answer.status < 300) return answer.body;
    throw new Error(`${path} was answered ${answer.status} ${answer.body.toString()}`);
  }

  /** @returns the answer, whatever it is */
  async ask(path: string, contentType: string, body: Uint8Array): Promise<HttpAnswer> {
    if (this.socket.destroyed) throw new Error('the server closed the connection meanwhile');
    this.waiting = Promise.withResolvers<HttpAnswer>();
    this.socket.cork();
    this.socket.write(
      `POST ${path} HTTP/1.1\r\nhost: ${this.host}\r\ncontent-type: ${contentType}\r\ncontent-length: ${body.length}\r\n\r\n`,
    );
    // The next ids are written over these and must not change what is on its way.
    this.socket.write(Buffer.from(body));
    this.socket.uncork();
    return this.waiting.promise;
  }

  close(): void {
    this.socket.destroy();
  }

  private read(chunk: Buffer): void {
    this.unread = this.unread.length === 0 ? chunk : Buffer.concat([this.unread, chunk]);
    const endOfHead = this.unread.indexOf(END_OF_HEAD);
    if (endOfHead < 0) return;
    const head = this.unread.toString('latin1', 0, endOfHead);
    const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
    const start = endOfHead + END_OF_HEAD.length;
    const end = start + Number(length);
    if (length === undefined) return this.fail(new Error(`an answer of no length: ${head}`));
    if (this.unread.length < end) return;
    const body = this.unread.subarray(start, end);
    this.unread = this.unread.subarray(end);
    const status = Number(head.slice(STATUS_AT, STATUS_AT + 3));
    this.waiting?.resolve({ status, body });
  }

  private fail(error: Error): void {
    this.waiting?.reject(error);
  }
}
