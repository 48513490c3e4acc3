import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import {
  callHeaders,
  FLAG,
  frame,
  FRAME,
  FRAME_HEADER_BYTES,
  greeting,
  GRPC_PREFIX_BYTES,
  grpcMessage,
} from './http2-frames';

/** A request of the load, and what its own answer holds. */
export interface Call {
  readonly request: Uint8Array;
  readonly expected: string;
}

export interface ConnectionOptions {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly authorization?: string;
  /** Calls under way at the same time. */
  readonly streams: number;
  readonly calls: readonly Call[];
  /** With which of the calls this connection begins; it takes them in turn. */
  readonly firstCall: number;
  /** Sends no more than so many. */
  readonly mostCalls?: number;
  readonly onAnswer: (millis: number, answer: AnswerSeen) => void;
}

/** What is looked at in an answer. */
export interface AnswerSeen {
  /** It holds what its call expects. */
  readonly isOwn: boolean;
  /** Its first field is a text that is not empty: of a hold that was granted, its id. */
  readonly hasId: boolean;
}

interface UnderWay {
  readonly startedMs: number;
  readonly expected: Buffer;
  /** `undefined` until its message has come. */
  answer: AnswerSeen | undefined;
}

/** In protobuf: the tag of a text with number 1. */
const FIRST_TEXT = 0x0a;

/**
 * One HTTP/2 connection that keeps its streams full of unary gRPC calls, with as little work of its own as can be: on
 * a small machine the generator competes with what it measures. An answer is one whole message and then trailers;
 * anything else, every gRPC error for example, ends the run.
 */
export class CallConnection {
  private readonly underWay = new Map<number, UnderWay>();
  private readonly messages: readonly Buffer[];
  private readonly expected: readonly Buffer[];
  private readonly headers: ReturnType<typeof callHeaders>;
  private readonly ended = Promise.withResolvers<void>();
  private sent = 0;
  private stopping = false;
  private unread: Buffer = Buffer.alloc(0);

  private constructor(
    private readonly socket: Socket,
    private readonly options: ConnectionOptions,
  ) {
    const { host, port, path, calls, authorization } = options;
    this.messages = calls.map(({ request }) => grpcMessage(request));
    this.expected = calls.map(({ expected }) => Buffer.from(expected));
    this.headers = callHeaders(path, `${host}:${port}`, authorization);
    // It may fail before anybody waits for its end.
    this.ended.promise.catch(() => undefined);
    socket.on('data', (chunk: Buffer) => this.read(chunk));
    socket.on('error', (error) => this.ended.reject(error));
    socket.on('close', () => this.ended.reject(new Error('the server closed the connection')));
    socket.write(greeting());
    this.send(options.streams);
  }

  /** Connects and begins. */
  static async open(options: ConnectionOptions): Promise<CallConnection> {
    const socket = connect({ host: options.host, port: options.port, noDelay: true });
    await once(socket, 'connect');
    return new CallConnection(socket, options);
  }

  /** Resolves when as many as it may send are answered. @throws what went wrong */
  whenDone(): Promise<void> {
    return this.ended.promise;
  }

  /** Sends no more, and waits for the answers to what was sent. @throws what went wrong since it was opened */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.ended.promise;
    this.socket.destroy();
  }

  private send(most: number): void {
    const count = Math.min(most, (this.options.mostCalls ?? Infinity) - this.sent);
    if (count === 0) return;
    const startedMs = performance.now();
    const frames: Buffer[] = [];
    for (let i = 0; i < count; i++) {
      const call = (this.options.firstCall + this.sent) % this.messages.length;
      const stream = 2 * this.sent + 1;
      const headers = this.sent === 0 ? this.headers.first : this.headers.later;
      frames.push(
        frame(FRAME.headers, FLAG.endHeaders, stream, headers),
        frame(FRAME.data, FLAG.endStream, stream, this.messages[call]!),
      );
      this.underWay.set(stream, { startedMs, expected: this.expected[call]!, answer: undefined });
      this.sent += 1;
    }
    this.socket.write(Buffer.concat(frames));
  }

  private read(chunk: Buffer): void {
    const bytes = this.unread.length === 0 ? chunk : Buffer.concat([this.unread, chunk]);
    let at = 0;
    let completed = 0;
    while (bytes.length - at >= FRAME_HEADER_BYTES) {
      const end = at + FRAME_HEADER_BYTES + bytes.readUIntBE(at, 3);
      if (bytes.length < end) break;
      const payload = bytes.subarray(at + FRAME_HEADER_BYTES, end);
      if (this.take(bytes[at + 3]!, bytes[at + 4]!, bytes.readUInt32BE(at + 5), payload)) {
        completed += 1;
      }
      at = end;
    }
    this.unread = bytes.subarray(at);
    if (!this.stopping) this.send(completed);
    if (this.underWay.size === 0) this.ended.resolve();
  }

  /** @returns whether a call is answered with this frame */
  private take(type: number, flags: number, stream: number, payload: Buffer): boolean {
    const call = this.underWay.get(stream);
    if (type === FRAME.data && call && isOneMessage(payload)) {
      call.answer = { isOwn: payload.includes(call.expected), hasId: beginsWithText(payload) };
    } else if (type === FRAME.headers && call) {
      return (flags & FLAG.endStream) !== 0 && this.complete(stream, call);
    } else if ((type === FRAME.settings || type === FRAME.ping) && !(flags & FLAG.ack)) {
      const echo = type === FRAME.ping ? payload : Buffer.alloc(0);
      this.socket.write(frame(type, FLAG.ack, 0, echo));
    } else if (type === FRAME.data || type === FRAME.resetStream || type === FRAME.goAway) {
      this.fail(`a call was answered with frame ${type}: ${payload.toString('hex')}`);
    }
    return false;
  }

  private complete(stream: number, { startedMs, answer }: UnderWay): boolean {
    this.underWay.delete(stream);
    if (answer === undefined) {
      this.fail('a call was answered with a gRPC error');
      return false;
    }
    this.options.onAnswer(performance.now() - startedMs, answer);
    return true;
  }

  private fail(reason: string): void {
    this.ended.reject(new Error(reason));
    this.socket.destroy();
  }
}

function isOneMessage(payload: Buffer): boolean {
  return payload[0] === 0 && payload.readUInt32BE(1) === payload.length - GRPC_PREFIX_BYTES;
}

function beginsWithText(message: Buffer): boolean {
  return message[GRPC_PREFIX_BYTES] === FIRST_TEXT && message[GRPC_PREFIX_BYTES + 1]! > 0;
}
