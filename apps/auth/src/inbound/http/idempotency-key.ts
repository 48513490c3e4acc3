import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { parseId, refused } from '#libs/ledger';
import { accepted } from '#libs/runtime';
import { refuseSecrets } from '../refuse-secrets';

const FIELD = 'Idempotency-Key';

/**
 * The `Idempotency-Key` of a request, an id as every other, in UTF-8; null without one.
 * @throws Problem `invalid`
 */
export function readIdempotencyKey({ headersDistinct }: IncomingMessage): string | null {
  const [given, ...more] = headersDistinct['idempotency-key'] ?? [];
  if (given === undefined) return null;
  if (more.length > 0) return accepted(refused(FIELD, 'single', 'must stand once in the header'));
  const bytes = Buffer.from(given, 'latin1');
  if (!isUtf8(bytes)) return accepted(refused(FIELD, 'utf8', 'must be UTF-8'));
  const key = bytes.toString();
  refuseSecrets(key, FIELD);
  return accepted(parseId(key, FIELD));
}
