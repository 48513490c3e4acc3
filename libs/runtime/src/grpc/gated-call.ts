import {
  type Metadata,
  type ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
} from '@grpc/grpc-js';
import { setCaller } from '../access/caller-of';
import { type Gate, type Knock } from '../access/gate';
import { type Need } from '../access/needs';
import { type Problem } from '../problem';
import { grpcPeerCertificateOf } from '../tls/grpc-peer-certificate';
import { toGrpcStatus } from './grpc-status';

export interface CallGate {
  readonly gate: Gate;
  /** What the method of this path needs; `undefined`: nobody serves it. */
  readonly needOf: (path: string) => Need | undefined;
  /** The answer to a call that the gate lets in and no service here takes. */
  readonly notServed: (path: string) => Problem;
  /** The largest message of this path's method; undefined: the largest of any. */
  readonly messageBytesOf: (path: string) => number | undefined;
  readonly toProblem: (failure: unknown) => Problem;
  readonly onRefused: (path: string, code: number) => void;
}

type Listener = Parameters<ServerInterceptingCallInterface['start']>[0];
type Call = ServerInterceptingCallInterface;

/** The gate checks who calls before it reads the message. */
export function gateCalls(options: CallGate): ServerInterceptor {
  return ({ path }, call) => {
    const need = options.needOf(path);
    const mostBytes = need?.nothing ? MOST_BYTES_OF_ANYBODY : options.messageBytesOf(path);
    if (mostBytes !== undefined) takeAtMost(call, mostBytes);
    const gated = need?.nothing ? call : new GatedCall(call, path, need, options);
    // grpc-js asks for its own class, and uses no more of it than its interface.
    return gated as ServerInterceptingCall;
  };
}

/** Who need not say who he is has little to say: the name of a service. */
const MOST_BYTES_OF_ANYBODY = 1_024;

/** grpc-js has one limit for all methods of a server; that of a single call it keeps in private members. */
function takeAtMost(call: object, bytes: number): void {
  const { decoder } = call as { readonly decoder: object };
  Object.assign(decoder, { maxReadMessageLength: bytes });
  Object.assign(call, { maxReceiveMessageSize: bytes });
}

/** Hands everything on but the start. Not grpc-js's own class for this, which takes each step of each call through hooks. */
class GatedCall implements Call {
  constructor(
    private readonly nextCall: Call,
    private readonly path: string,
    private readonly need: Need | undefined,
    private readonly options: CallGate,
  ) {}

  start(listener: Listener): void {
    this.nextCall.start({
      onReceiveMetadata: (metadata) => this.ask(metadata, listener),
      onReceiveMessage: (message) => listener.onReceiveMessage(message),
      onReceiveHalfClose: () => listener.onReceiveHalfClose(),
      onCancel: () => listener.onCancel(),
    });
  }

  sendMetadata(metadata: Metadata): void {
    this.nextCall.sendMetadata(metadata);
  }

  sendMessage(...given: Parameters<Call['sendMessage']>): void {
    this.nextCall.sendMessage(...given);
  }

  sendStatus(status: Parameters<Call['sendStatus']>[0]): void {
    this.nextCall.sendStatus(status);
  }

  startRead(): void {
    this.nextCall.startRead();
  }

  getPeer(): string {
    return this.nextCall.getPeer();
  }

  getDeadline(): ReturnType<Call['getDeadline']> {
    return this.nextCall.getDeadline();
  }

  getHost(): string {
    return this.nextCall.getHost();
  }

  getAuthContext(): ReturnType<Call['getAuthContext']> {
    return this.nextCall.getAuthContext();
  }

  getConnectionInfo(): ReturnType<Call['getConnectionInfo']> {
    return this.nextCall.getConnectionInfo();
  }

  getMetricsRecorder(): ReturnType<Call['getMetricsRecorder']> {
    return this.nextCall.getMetricsRecorder();
  }

  private ask(metadata: Metadata, listener: Listener): void {
    try {
      const caller = this.options.gate.admit(knockOf(metadata, this.nextCall), this.need?.roles);
      if (caller instanceof Promise) {
        caller.then(
          (admitted: object) => this.letIn(admitted, metadata, listener),
          (error: unknown) => this.refuse(error),
        );
      } else this.letIn(caller, metadata, listener);
    } catch (error) {
      this.refuse(error);
    }
  }

  private letIn(caller: object, metadata: Metadata, listener: Listener): void {
    if (this.need === undefined) {
      this.refuse(this.options.notServed(this.path));
      return;
    }
    setCaller(metadata, caller);
    listener.onReceiveMetadata(metadata);
  }

  private refuse(failure: unknown): void {
    const status = toGrpcStatus(this.options.toProblem(failure), (text) => text);
    this.options.onRefused(this.path, status.code);
    this.nextCall.sendStatus(status);
  }
}

function knockOf(metadata: Metadata, call: Call): Knock {
  const authorization = metadata.get('authorization').map(String);
  return { authorization, certificate: grpcPeerCertificateOf(call), host: undefined };
}
