import { type Socket } from 'node:net';

/** What a client has presented. */
export interface PeerCertificate {
  readonly authorized: boolean;
  readonly sans: readonly string[];
  readonly notAfterMs: number;
}

export function peerCertificateOf(_socket: Socket): PeerCertificate | undefined {
  return undefined;
}
