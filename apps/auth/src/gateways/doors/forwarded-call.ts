import { isUtf8 } from 'node:buffer';
import type { IncomingHttpHeaders } from 'node:http';
import type { CallBody, CallFacts, GatewayRules } from '#libs/gateways';

export interface ForwardedRequest {
  readonly headers: IncomingHttpHeaders;
  /** Of the call, as far as the proxy hands it on. */
  readonly body: Buffer | undefined;
  /** The `authorization` is the proxy's own, and no word of the call. */
  readonly isAuthorizationOfProxy: boolean;
}

/** How long a body is that the proxy has cut, or kept for itself. */
const LENGTH = 'x-original-content-length';

/**
 * Which headers say method and path. A proxy sets those of its kind and hands on what its client sent in the others:
 * so no call has a choice.
 */
const ROUTE = {
  plain: { method: 'x-forwarded-method', path: 'x-forwarded-uri' },
  nginx: { method: 'x-original-method', path: 'x-original-uri' },
} as const;

/** A call as a proxy tells of it that asks the ledger before it sends the call on. */
export function forwardedCall(
  { headers, body, isAuthorizationOfProxy }: ForwardedRequest,
  { style }: Pick<GatewayRules, 'style'>,
  mostBytes: number,
): CallFacts {
  const header = (name: string) => textOf(headers[name]);
  const length = header(LENGTH) ?? (body && String(body.length));
  const absent = () => undefined;
  return {
    // Where the proxy says neither, no rule for free calls fits but one for all of them.
    method: header(ROUTE[style].method) ?? '',
    path: header(ROUTE[style].path) ?? '',
    header: (name) => {
      if (name === 'content-length') return length;
      return name === 'authorization' && isAuthorizationOfProxy ? undefined : header(name);
    },
    context: absent,
    metadata: absent,
    descriptor: absent,
    body: body && bodyOf(body, length, mostBytes),
  };
}

function bodyOf(body: Buffer, length: string | undefined, mostBytes: number): CallBody {
  return {
    bytes: body.subarray(0, mostBytes),
    isCut: body.length > mostBytes || Number(length) > body.length,
  };
}

/** Node reads headers as Latin-1; what was sent as UTF-8 is that. */
function textOf(value: string | readonly string[] | undefined): string | undefined {
  if (value === undefined) return undefined;
  const text = typeof value === 'string' ? value : value.join(', ');
  const bytes = Buffer.from(text, 'latin1');
  return isUtf8(bytes) ? bytes.toString() : text;
}
