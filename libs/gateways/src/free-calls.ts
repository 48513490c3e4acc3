import { fitsPieces, parsed, refused, starPieces, type Parsed } from '#libs/ledger';

/** Calls that are neither asked about nor held for. */
export interface FreeCalls {
  readonly patterns: readonly FreePattern[];
}

interface FreePattern {
  /** `undefined`: every method. */
  readonly method: string | undefined;
  /** What stands between the stars of the path. */
  readonly pieces: readonly string[];
}

const FORM = /^([A-Za-z]+|\*) +(\*|\/\S*)$/;

/** Reads `<method> <path>`, where a star stands for any method, or any text of the path: `* /v1/models*`. */
export function parseFreeCall(value: unknown, field: string): Parsed<FreePattern> {
  const [, method, path] = (typeof value === 'string' ? FORM.exec(value.trim()) : null) ?? [];
  if (method === undefined || path === undefined) {
    return refused(
      field,
      'free',
      'must be a method and a path, such as "GET *" or "* /v1/models*"',
    );
  }
  return parsed({
    method: method === '*' ? undefined : method.toUpperCase(),
    pieces: starPieces(path),
  });
}

export function isFree({ patterns }: FreeCalls, method: string, pathAndQuery: string): boolean {
  if (patterns.length === 0) return false;
  const [path = ''] = pathAndQuery.split(/[?#]/, 1);
  return patterns.some(
    (pattern) =>
      (pattern.method === undefined || pattern.method === method.toUpperCase()) &&
      fits(path, pattern.pieces),
  );
}

/**
 * A path that an upstream may read as another one: `/v1/models/../chat/completions` is free under no pattern that says
 * anything of its path.
 */
const CROOKED = /(?:^|\/)\.{1,2}(?:\/|;|$)|\/\/|\\|%2e|%2f|%5c/i;

function fits(path: string, pieces: readonly string[]): boolean {
  if (pieces.length === 2 && pieces.join('') === '') return true;
  return !CROOKED.test(path) && fitsPieces(path, pieces);
}
