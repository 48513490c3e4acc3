import { type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { subjectNames } from './subject-names';

/** The certificate that a caller has shown. Whether it is accepted is for who asks to say. */
export interface PeerCertificate {
  /** Its holder has proved to hold the key, and the chain leads to TLS_CLIENT_CA_FILE as it was when they connected. */
  readonly authorized: boolean;
  /** Why it is not: OpenSSL's word, such as CERT_HAS_EXPIRED. */
  readonly fault?: string;
  /** `DNS:…`, `URI:…`, `IP:…`, `email:…` */
  readonly sans: readonly string[];
  /** Milliseconds since 1970: a connection may live longer than the certificate. */
  readonly notAfterMs: number;
}

/** Of an HTTP request's socket; `undefined`: none was shown. It is read once for each connection. */
export function peerCertificateOf(socket: Socket): PeerCertificate | undefined {
  const known = seen.get(socket);
  if (known !== undefined) return known.certificate;
  const certificate = readCertificate(socket);
  seen.set(socket, { certificate });
  return certificate;
}

const seen = new WeakMap<Socket, { readonly certificate: PeerCertificate | undefined }>();

function readCertificate(socket: Socket): PeerCertificate | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  const shown = socket.getPeerX509Certificate();
  if (shown === undefined) return undefined;
  const fault = faultOf(socket);
  return {
    authorized: fault === undefined,
    ...(fault !== undefined && { fault }),
    sans: subjectNames(shown.subjectAltName),
    notAfterMs: shown.validToDate.getTime(),
  };
}

/** Node types the reason as an Error; it is OpenSSL's code. */
function faultOf({ authorized, authorizationError }: TLSSocket): string | undefined {
  if (authorized) return undefined;
  return String((authorizationError as Error | string | undefined) ?? 'UNVERIFIED');
}
