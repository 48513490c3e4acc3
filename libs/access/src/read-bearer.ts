import { isToken } from './token';

/** RFC 6750 §2.1: one header, the scheme, one space, the token. `bearer` and `BEARER` pass; a mixture is a trick. */
const BEARER = /^(?:Bearer|bearer|BEARER) ([^\s,]+)$/;

/**
 * The token of a request's Authorization headers.
 * @returns `undefined`: there is none. `malformed`: there is something, and it is no token of a ledger
 */
export function readBearer(
  headers: readonly string[],
): { readonly token: string } | 'malformed' | undefined {
  if (headers.length === 0) return undefined;
  const token = headers.length === 1 ? BEARER.exec(headers[0]!)?.[1] : undefined;
  return token !== undefined && isToken(token) ? { token } : 'malformed';
}
