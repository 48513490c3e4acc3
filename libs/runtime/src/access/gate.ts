import { type PeerCertificate } from '../tls/peer-certificate';

/** What a door sees of a request before it reads its body. */
export interface Knock {
  /** The values of all Authorization headers, or of those that a proxy has for its own credential. */
  readonly authorization: readonly string[];
  /** They may be what a client sent the proxy that knocks: where no credential is needed, they say nothing. */
  readonly mayBeOfClient?: boolean;
  /** What the client has presented, if it did. */
  readonly certificate: PeerCertificate | undefined;
  /** Whom it was meant for: the Host header, or an empty text. `undefined` over gRPC, which no page in a browser speaks. */
  readonly host: string | undefined;
  /** What a browser says of the page that asks: its Origin, and Sec-Fetch-Site. */
  readonly origin?: string | undefined;
  readonly fetchSite?: string | undefined;
}

/** Decides who comes in; the doors ask it first. What a caller is, only the gate's owner knows. */
export interface Gate {
  /**
   * @param roles of which the caller must have one; none: any caller. `undefined`: there is no such thing here
   * @throws Problem, also by rejecting
   */
  admit(knock: Knock, roles: readonly string[] | undefined): object | Promise<object>;
}
