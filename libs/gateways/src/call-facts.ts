/** What a door knows of a call before the upstream gets it, whatever protocol the gateway speaks. */
export interface CallFacts {
  readonly method: string;
  /** With its query, as the client sent it. */
  readonly path: string;
  /** @param name in lower case */
  header(name: string): string | undefined;
  /** What the gateway's own configuration says of the route. */
  context(name: string): string | undefined;
  /** What another filter of the gateway has found out, such as the claims of a token. */
  metadata(namespace: string, path: readonly string[]): unknown;
  /** An entry of a rate limit's descriptor. */
  descriptor(name: string): string | undefined;
  readonly body: CallBody | undefined;
}

/** The body of a call, as far as the gateway passes it on. */
export interface CallBody {
  readonly bytes: Buffer;
  /** The gateway has cut it off. */
  readonly isCut: boolean;
}
