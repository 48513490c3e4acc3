import { isToken } from './token';

/** RFC 6750 §2.1: one header, the scheme, one space, the token. `bearer` and `BEARER` pass; a mixture is a trick. */
const SCHEMES: ReadonlySet<string> = new Set(['Bearer ', 'bearer ', 'BEARER ']);
const SCHEME_CHARS = 'Bearer '.length;

/**
 * The token of a request's Authorization headers.
 * @returns `undefined`: there is none. `malformed`: there is something, and it is no token of a ledger
 */
export function readBearer(
  headers: readonly string[],
): { readonly token: string } | 'malformed' | undefined {
  const [header, ...more] = headers;
  if (header === undefined) return undefined;
  const token = header.slice(SCHEME_CHARS);
  const isOne = more.length === 0 && SCHEMES.has(header.slice(0, SCHEME_CHARS)) && isToken(token);
  return isOne ? { token } : 'malformed';
}
