import { rules, type Client } from './client.js';
import { withQuery } from './http/paths.js';
import type { RawOptions } from './options.js';
import type { Answer } from './types.js';

/** Asks any door, by method and path. A refusal is an answer, too. @throws LedgerUnavailable */
export async function raw<T = unknown>(
  client: Client,
  method: string,
  path: string,
  { query = {}, body, headers = {}, ...options }: RawOptions = {},
): Promise<Answer<T>> {
  // Sent twice it could be done twice.
  const isOnce = /^post$/i.test(method) && !new Headers(headers).has('idempotency-key');
  const most = isOnce ? 0 : undefined;
  const outcome = await client.transport.persist({
    ...rules(client, 'read', { ...options, maxRetries: options.maxRetries ?? most }),
    method,
    path: withQuery(path, query),
    body,
    headers,
    fits: () => true,
  });
  if (outcome.kind === 'failed' && !outcome.answer) throw outcome.error;
  return outcome.answer as Answer<T>;
}
