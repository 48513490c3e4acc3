import {
  type Metadata,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
} from '@grpc/grpc-js';
import { setCaller } from '../access/caller-of';
import { type Gate } from '../access/gate';
import { type Need } from '../access/needs';
import { type Problem } from '../problem';
import { grpcPeerCertificateOf } from '../tls/grpc-peer-certificate';
import { toGrpcStatus } from './grpc-status';

export interface CallGate {
  readonly gate: Gate;
  /** What the method of this path needs; `undefined`: nobody serves it. */
  readonly needOf: (path: string) => Need | undefined;
  readonly toProblem: (failure: unknown) => Problem;
  readonly onRefused: (path: string, code: number) => void;
}

/** Before its message is read, whoever calls is asked who he is. */
export function gateCalls(options: CallGate): ServerInterceptor {
  return ({ path }, call) => new GatedCall(call, path, options);
}

class GatedCall extends ServerInterceptingCall {
  constructor(
    private readonly inner: ServerInterceptingCallInterface,
    private readonly path: string,
    private readonly options: CallGate,
  ) {
    super(inner);
  }

  override start(listener: Parameters<ServerInterceptingCallInterface['start']>[0]): void {
    const { gate, needOf } = this.options;
    const need = needOf(this.path);
    if (need?.nothing) {
      this.inner.start(listener);
      return;
    }
    this.inner.start({
      onReceiveMetadata: (metadata) => {
        const letIn = (caller: object) => {
          setCaller(metadata, caller);
          listener.onReceiveMetadata(metadata);
        };
        try {
          const caller = gate.admit(knockOf(metadata, this.inner), need?.roles);
          if (caller instanceof Promise) caller.then(letIn, (error) => this.refuse(error));
          else letIn(caller);
        } catch (error) {
          this.refuse(error);
        }
      },
      onReceiveMessage: (message) => listener.onReceiveMessage(message),
      onReceiveHalfClose: () => listener.onReceiveHalfClose(),
      onCancel: () => listener.onCancel(),
    });
  }

  private refuse(failure: unknown): void {
    const status = toGrpcStatus(this.options.toProblem(failure), (text) => text);
    this.options.onRefused(this.path, status.code);
    this.inner.sendStatus(status);
  }
}

function knockOf(metadata: Metadata, call: ServerInterceptingCallInterface) {
  const authorization = metadata.get('authorization').map(String);
  return { authorization, certificate: grpcPeerCertificateOf(call), host: call.getHost() };
}
