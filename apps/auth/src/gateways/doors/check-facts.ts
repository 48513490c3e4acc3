import type { CallBody, CallFacts } from '#libs/gateways';
import {
  joinedHeaders,
  metadataAt,
  type HeaderValueMessage,
  type MetadataMessage,
} from './envoy-messages';

/** `envoy.service.auth.v3.CheckRequest`, as far as it is read. */
export interface CheckRequestMessage {
  readonly attributes?: {
    readonly request?: { readonly http?: HttpRequestMessage | null } | null;
    readonly context_extensions?: Readonly<Record<string, string>>;
    readonly metadata_context?: MetadataMessage | null;
  } | null;
}

interface HttpRequestMessage {
  /** Envoy's own name for the call: a random number. */
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** In place of `headers` where Envoy sends them as bytes. */
  readonly header_map?: { readonly headers?: readonly HeaderValueMessage[] } | null;
  readonly body: string;
  readonly raw_body: Buffer;
}

/** What door 1 knows of a call, and Envoy's own names for it. */
export interface CheckedCall {
  readonly facts: CallFacts;
  readonly headers: Readonly<Record<string, string>>;
  /** No client can choose it; empty if Envoy says none. */
  readonly id: string;
}

/** Set by Envoy where it passes a part of the body. */
const PARTIAL_BODY = 'x-envoy-auth-partial-body';

export function readCheckRequest({ attributes }: CheckRequestMessage): CheckedCall {
  const http = attributes?.request?.http;
  const headers = headersOf(http);
  const facts: CallFacts = {
    method: http?.method ?? '',
    path: http?.path ?? '',
    body: bodyOf(http, headers),
    header: (name) => (Object.hasOwn(headers, name) ? headers[name] : undefined),
    context: (name) => contextOf(attributes, name),
    metadata: (namespace, path) => metadataAt(attributes?.metadata_context, namespace, path),
    descriptor: () => undefined,
  };
  return { facts, headers, id: http?.id ?? '' };
}

function contextOf(attributes: CheckRequestMessage['attributes'], name: string) {
  const extensions = attributes?.context_extensions ?? {};
  return Object.hasOwn(extensions, name) ? extensions[name] : undefined;
}

function headersOf(http: HttpRequestMessage | null | undefined): Readonly<Record<string, string>> {
  const raw = http?.header_map?.headers ?? [];
  return raw.length === 0 ? (http?.headers ?? {}) : joinedHeaders(raw);
}

function bodyOf(
  http: HttpRequestMessage | null | undefined,
  headers: Readonly<Record<string, string>>,
): CallBody | undefined {
  if (http === null || http === undefined) return undefined;
  const bytes = http.raw_body.length > 0 ? http.raw_body : Buffer.from(http.body);
  if (bytes.length === 0) return undefined;
  return { bytes, isCut: headers[PARTIAL_BODY] === 'true' };
}
