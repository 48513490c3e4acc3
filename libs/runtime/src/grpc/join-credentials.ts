import { type Server } from '@grpc/grpc-js';
import { type Http2Server, type IncomingHttpHeaders } from 'node:http2';

/**
 * Node keeps the first of several `authorization` headers and says nothing of the others. Which one was meant is not for
 * the ledger to guess: here all of them stay, joined, and are no credential. grpc-js shows neither its HTTP/2 servers nor
 * the headers as they came.
 */
export function joinCredentials(server: Server): void {
  const { http2Servers } = server as unknown as { http2Servers: Map<Http2Server, unknown> };
  for (const http2 of http2Servers.keys()) {
    http2.prependListener('stream', joinIn as never);
  }
}

function joinIn(
  _stream: unknown,
  headers: IncomingHttpHeaders,
  _flags: unknown,
  rawHeaders: readonly string[],
): void {
  const first = rawHeaders.indexOf('authorization');
  if (first === -1 || !rawHeaders.includes('authorization', first + 1)) return;
  headers.authorization = rawHeaders
    .filter((_, at) => at % 2 === 1 && rawHeaders[at - 1] === 'authorization')
    .join(', ');
}
