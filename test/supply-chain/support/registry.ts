import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

const ADVISORIES = '/-/npm/v1/security/advisories/bulk';

export interface Registry {
  readonly url: string;
  /** The packages that it was asked about. */
  readonly asked: string[];
  stop(): Promise<void>;
}

/** A registry that answers questions about advisories, and knows no package. */
export async function startRegistry(status: number, body: unknown): Promise<Registry> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.url !== ADVISORIES) return response.writeHead(404).end('{}');
      asked.push(...Object.keys(readBody(Buffer.concat(chunks)) as object));
      return response
        .writeHead(status, { 'content-type': 'application/json' })
        .end(JSON.stringify(body));
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const stop = (): Promise<void> =>
    new Promise((stopped) => {
      server.close(() => stopped());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, asked, stop };
}

function readBody(bytes: Buffer): unknown {
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  return JSON.parse((isGzip ? gunzipSync(bytes) : bytes).toString('utf8'));
}
