import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const END_OF_LINE = '\r\n';
const ERROR = '-';
const BULK = '$';

/** One connection to Redis: what is asked in one turn of the event loop goes out in one write (RESP 2). */
export class RedisClient {
  private readonly waiting: PromiseWithResolvers<string>[] = [];
  private toSend = '';
  private unread = '';

  private constructor(private readonly socket: Socket) {
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => this.read(chunk));
    socket.on('error', (error) => this.fail(error));
    socket.on('close', () => this.fail(new Error('Redis closed the connection')));
  }

  static async open(port: number): Promise<RedisClient> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    await once(socket, 'connect');
    return new RedisClient(socket);
  }

  /** @param parts in ASCII. @returns a number as its digits. @throws Error of Redis */
  ask(...parts: readonly (string | number)[]): Promise<string> {
    if (this.toSend === '') setImmediate(() => this.send());
    const asText = parts.map(String);
    this.toSend += `*${asText.length}${END_OF_LINE}`;
    for (const part of asText) this.toSend += `$${part.length}${END_OF_LINE}${part}${END_OF_LINE}`;
    const answer = Promise.withResolvers<string>();
    this.waiting.push(answer);
    return answer.promise;
  }

  close(): void {
    this.socket.destroy();
  }

  private send(): void {
    this.socket.write(this.toSend, 'latin1');
    this.toSend = '';
  }

  /** Numbers, words, errors and one text: no array is asked for. */
  private read(chunk: string): void {
    this.unread += chunk;
    let at = 0;
    for (;;) {
      let end = this.unread.indexOf(END_OF_LINE, at);
      if (end < 0) break;
      let answer = this.unread.slice(at + 1, end);
      const type = this.unread[at];
      if (type === BULK) {
        const start = end + END_OF_LINE.length;
        end = start + Number(answer);
        if (this.unread.length < end + END_OF_LINE.length) break;
        answer = this.unread.slice(start, end);
      }
      at = end + END_OF_LINE.length;
      const asked = this.waiting.shift()!;
      if (type === ERROR) asked.reject(new Error(answer));
      else asked.resolve(answer);
    }
    this.unread = this.unread.slice(at);
  }

  private fail(error: Error): void {
    for (const asked of this.waiting.splice(0)) asked.reject(error);
  }
}
