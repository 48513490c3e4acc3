import { type Socket } from 'node:net';
import { type PeerCertificate, peerCertificateOf } from './peer-certificate';

/**
 * The same of a gRPC call: of what a server interceptor is given, or of a handler's call. grpc-js tells callers only
 * of certificates that are in order, which would make no difference between a wrong one and none; the connection
 * itself it keeps in private members.
 * @throws Error when they are not where they were: no certificate must never be the guess
 */
export function grpcPeerCertificateOf(call: object): PeerCertificate | undefined {
  let link: Link | undefined = call;
  while (link !== undefined && link.stream === undefined) link = link.nextCall ?? link.call;
  if (link?.stream === undefined) throw new Error('grpc-js keeps the connection elsewhere now.');
  const { session } = link.stream;
  return session === undefined || session.destroyed ? GONE : peerCertificateOf(session.socket);
}

interface Link {
  /** Of a handler's call: the innermost interceptor. */
  readonly call?: Link;
  /** Of an interceptor: the one nearer to the connection. */
  readonly nextCall?: Link;
  /** Of the last one. */
  readonly stream?: { readonly session?: { readonly destroyed: boolean; readonly socket: Socket } };
}

/** A caller that has hung up meanwhile has no certificate. */
const GONE: PeerCertificate = {
  authorized: false,
  fault: 'CONNECTION_CLOSED',
  sans: [],
  notAfterMs: 0,
};
