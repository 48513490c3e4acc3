/** What a header carries as it is. */
export const WORD = /^[\x21-\x7e]+$/;
const MOST_CAUSES = 8;

export type Token = string | (() => string | Promise<string>) | undefined;

export class WrongToken extends TypeError {}

/** @throws WrongToken, which does not show it */
export function checkedToken(token: unknown): string | undefined {
  if (token === undefined || (typeof token === 'string' && WORD.test(token))) return token;
  throw new WrongToken('token must be one word of printable ASCII, or absent');
}

/** The token of the moment. @throws WrongToken */
export async function tokenOf({ token }: { readonly token: Token }): Promise<string | undefined> {
  if (typeof token !== 'function') return checkedToken(token);
  let given: unknown;
  try {
    given = await token();
  } catch (cause) {
    throw new WrongToken('the token could not be had', { cause });
  }
  return checkedToken(given);
}

/** What somebody else has said, without the token. */
export function hideToken(text: string, token: string | undefined): string {
  return token === undefined ? text : text.replaceAll(token, '(token)');
}

/** Takes the token out of an error of somebody else, and of its causes. */
export function hideTokenIn(error: unknown, token: string | undefined): void {
  let at = error;
  for (let depth = 0; at instanceof Error && depth < MOST_CAUSES; depth += 1) {
    for (const name of ['message', 'stack'] as const) {
      const text = String(at[name]);
      const value = hideToken(text, token);
      if (value !== text) Object.defineProperty(at, name, { value });
    }
    at = at.cause;
  }
}
