import type { FastifyRequest } from 'fastify';
import { type Readiness } from '../health';
import { OPS_PATHS } from '../ops.controller';
import { Problem } from '../problem';
import { invalid } from './invalid';

/** What a request is refused for before its body is read. */
export function refuseEarly(request: FastifyRequest, readiness?: Readiness): Problem | undefined {
  const { headers, url } = request.raw;
  if (readiness?.draining === true && !OPS_PATHS.has(url ?? '')) {
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
