const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/**
 * Cuts the text of a JSON array into the texts of its items, so that each can be read by itself and a bad one refused
 * alone; one item at a time, so that what is long may be cut with rests in between. Only the array is checked: if every
 * item is JSON, the whole text is. The bytes are not copied.
 */
export class JsonArrayCutter {
  /** Known after the last item. `no_array`: not one array; what else it is, readJson says. */
  outcome: 'items' | 'too_many' | 'no_array' = 'no_array';

  constructor(
    private readonly bytes: Uint8Array,
    private readonly maxItems: number,
  ) {}

  *items(): Generator<Uint8Array, void> {
    const { bytes, maxItems } = this;
    const open = afterSpace(bytes, 0);
    if (bytes[open] !== OPEN_BRACKET) return;
    let start = open + 1;
    const first = afterSpace(bytes, start);
    if (bytes[first] === CLOSE_BRACKET) {
      if (isEnd(bytes, first + 1)) this.outcome = 'items';
      return;
    }
    for (let count = 0; count < maxItems; count += 1) {
      const end = endOfItem(bytes, start);
      yield bytes.subarray(start, end);
      if (bytes[end] === CLOSE_BRACKET) {
        if (isEnd(bytes, end + 1)) this.outcome = 'items';
        return;
      }
      if (bytes[end] !== COMMA) return;
      start = end + 1;
    }
    this.outcome = 'too_many';
  }
}

/** Where the comma or bracket stands that ends the item at `start`; the text's end if none does. */
function endOfItem(bytes: Uint8Array, start: number): number {
  let depth = 0;
  for (let i = start; i < bytes.length; i += 1) {
    switch (bytes[i]) {
      case QUOTE:
        i = endOfString(bytes, i);
        break;
      case OPEN_BRACE:
      case OPEN_BRACKET:
        depth += 1;
        break;
      case CLOSE_BRACKET:
      case CLOSE_BRACE:
        if (depth === 0) return i;
        depth -= 1;
        break;
      case COMMA:
        if (depth === 0) return i;
        break;
      default:
    }
  }
  return bytes.length;
}

function endOfString(bytes: Uint8Array, start: number): number {
  for (let i = start + 1; i < bytes.length; i += 1) {
    if (bytes[i] === BACKSLASH) i += 1;
    else if (bytes[i] === QUOTE) return i;
  }
  return bytes.length;
}

const isEnd = (bytes: Uint8Array, at: number): boolean => afterSpace(bytes, at) === bytes.length;

function afterSpace(bytes: Uint8Array, start: number): number {
  let at = start;
  while (at < bytes.length && isSpace(bytes[at]!)) at += 1;
  return at;
}

const isSpace = (byte: number): boolean =>
  byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
