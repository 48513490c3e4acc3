import { randomUUID } from 'node:crypto';
import { type IncomingMessage } from 'node:http';
import { isPresentable, type Redact } from '../redact';

const SANE = /^[\x21-\x7e](?:[\x20-\x7e]{0,126}[\x21-\x7e])?$/;

/** The caller's `x-request-id` if it can be shown and logged, else a fresh one. */
export function requestIdOf(request: IncomingMessage, redact: Redact): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && SANE.test(given) && isPresentable(given, redact)
    ? given
    : randomUUID();
}
