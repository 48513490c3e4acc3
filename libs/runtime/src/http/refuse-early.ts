import { type IncomingMessage } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { OPS_PATHS } from '../ops.controller';
import { Problem } from '../problem';
import { isPresentable, type Redact } from '../redact';
import { invalid } from './invalid';

export interface EarlyRules {
  readonly redact: Redact;
  readonly doors: Doors | undefined;
}

/** The doors of a process, which close once. */
export interface Doors {
  /** What comes now is sent to another process. */
  readonly areClosing: boolean;
}

/** What a request is refused for before its body is read. */
export function refuseEarly(
  request: FastifyRequest,
  { doors, redact }: EarlyRules,
): Problem | undefined {
  const { headers, url } = request.raw;
  if (!namesItsHost(request.raw)) return wrongHost();
  const requestId = headers['x-request-id'];
  if (typeof requestId === 'string' && !isPresentable(requestId, redact)) return secretRequestId();
  if (doors?.areClosing === true && !OPS_PATHS.has(url ?? '')) {
    return new Problem('unavailable', 'This process is stopping. Send it to another one.', {
      retryAfterSeconds: 1,
      headers: { connection: 'close' },
    });
  }
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    return new Problem('unsupported_media_type', 'Send the body without a content encoding.', {
      headers: { 'accept-encoding': 'identity' },
    });
  }
  return url !== undefined && hasBrokenQuery(url) ? brokenQuery() : undefined;
}

/** RFC 9112 §3.2: one Host header, or nobody knows whom the request was meant for. */
function namesItsHost({ rawHeaders, httpVersion }: IncomingMessage): boolean {
  let hosts = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!;
    if (name.length === 4 && name.toLowerCase() === 'host') hosts += 1;
  }
  return hosts === 1 || (hosts === 0 && httpVersion === '1.0');
}

/** The router checks the path; a query that is not percent-encoded UTF-8 it would pass on as it is. */
function hasBrokenQuery(url: string): boolean {
  const start = url.indexOf('?');
  if (start === -1 || !url.includes('%', start)) return false;
  try {
    decodeURIComponent(url.slice(start));
    return false;
  } catch {
    return true;
  }
}

const brokenQuery = (): Problem =>
  invalid([
    {
      field: '',
      rule: 'percent_encoding',
      message: 'has a query that is not percent-encoded UTF-8',
    },
  ]);

const wrongHost = (): Problem =>
  invalid([{ field: 'host', rule: 'single', message: 'must stand once in the header' }]);

const secretRequestId = (): Problem =>
  invalid([
    {
      field: 'x-request-id',
      rule: 'secret',
      message: 'looks like a secret: send an id that is none',
    },
  ]);
