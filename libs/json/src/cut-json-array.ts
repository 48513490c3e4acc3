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

  /** `undefined` between items is a place for a rest: an item may be as long as the text. */
  *items(): Generator<Uint8Array | undefined, void> {
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
      const end = yield* endOfItem(bytes, start);
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

/** How many bytes are looked at without a rest. */
const STRETCH = 256 * 1024;

/** Where the comma or bracket stands that ends the item at `start`; the text's end if none does. */
function* endOfItem(bytes: Uint8Array, start: number): Generator<undefined, number> {
  const scan: Scan = { at: start, depth: 0, isInString: false, hasEnded: false };
  while (!scan.hasEnded && scan.at < bytes.length) {
    scanStretch(bytes, scan, Math.min(scan.at + STRETCH, bytes.length));
    if (!scan.hasEnded && scan.at < bytes.length) yield undefined;
  }
  return Math.min(scan.at, bytes.length);
}

interface Scan {
  at: number;
  depth: number;
  isInString: boolean;
  hasEnded: boolean;
}

/** Goes on up to the end of the stretch (a byte further where that is escaped), or to that of the item. */
function scanStretch(bytes: Uint8Array, scan: Scan, end: number): void {
  let { at, depth, isInString } = scan;
  for (; at < end; at += 1) {
    const byte = bytes[at];
    if (isInString) {
      if (byte === BACKSLASH) at += 1;
      else if (byte === QUOTE) isInString = false;
    } else if (byte === QUOTE) {
      isInString = true;
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      depth += 1;
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET || byte === COMMA) {
      if (depth === 0) {
        scan.hasEnded = true;
        break;
      }
      if (byte !== COMMA) depth -= 1;
    }
  }
  Object.assign(scan, { at, depth, isInString });
}

const isEnd = (bytes: Uint8Array, at: number): boolean => afterSpace(bytes, at) === bytes.length;

function afterSpace(bytes: Uint8Array, start: number): number {
  let at = start;
  while (at < bytes.length && isSpace(bytes[at]!)) at += 1;
  return at;
}

const isSpace = (byte: number): boolean =>
  byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
