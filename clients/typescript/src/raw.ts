import { rules, withQuery, type Client } from './client.js';
import type { RawOptions } from './options.js';
import type { Answer } from './types.js';

/** Asks any door, by method and path. A refusal is an answer, too. @throws LedgerUnavailable */
export async function raw<T = unknown>(
  client: Client,
  method: string,
  path: string,
  { query = {}, body, headers, ...options }: RawOptions = {},
): Promise<Answer<T>> {
  const outcome = await client.transport.persist({
    ...rules(client, 'read', options),
    method,
    path: withQuery(path, query),
    body,
    ...(headers && { headers }),
    fits: () => true,
  });
  if (outcome.kind === 'failed' && !outcome.answer) throw outcome.error;
  return outcome.answer as Answer<T>;
}
