const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** What a text says about itself without being parsed: how deep it nests, how many members it has. */
export interface JsonOutline {
  readonly tooDeep: boolean;
  readonly members: number;
  /** Some member's name is written with an escape. */
  readonly hasEscapedNames: boolean;
}

/**
 * Reads a JSON text once, in constant memory. It goes before the parser, so that nesting is
 * bounded before anything is built from it. On a text that is not JSON the outline means nothing.
 */
export function outlineOf(text: string, maxDepth: number): JsonOutline {
  const hasBackslash = text.includes('\\');
  let depth = 0;
  let members = 0;
  let hasEscapedNames = false;
  let stringStart = 0;
  let stringEnd = 0;
  for (let i = 0; i < text.length; i += 1) {
    switch (text.charCodeAt(i)) {
      case QUOTE:
        stringStart = i;
        stringEnd = endOfString(text, i);
        i = stringEnd;
        break;
      case COLON:
        members += 1;
        if (hasBackslash && !hasEscapedNames) {
          hasEscapedNames = text.slice(stringStart, stringEnd).includes('\\');
        }
        break;
      case OPEN_BRACE:
      case OPEN_BRACKET:
        depth += 1;
        if (depth > maxDepth) return { tooDeep: true, members, hasEscapedNames };
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        depth -= 1;
        break;
    }
  }
  return { tooDeep: false, members, hasEscapedNames };
}

/** The index of the quote that closes the string opened at `start`; the text's end if none does. */
export function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return end;
  }
  return text.length;
}
