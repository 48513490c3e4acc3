import type { CallBody } from './call-facts';

/** The value at a path of a JSON body; `undefined`: there is none, or it cannot be seen. */
export type BodyValues = (path: readonly string[]) => unknown;

/** The values that are looked for in a body, as a tree of the names that lead to them. */
export interface BodyPaths {
  readonly members: ReadonlyMap<string, BodyPaths>;
}

export const NO_BODY: BodyValues = () => undefined;

export function bodyPathsOf(paths: readonly (readonly string[])[]): BodyPaths {
  const members = new Map<string, BodyPaths>();
  for (const first of new Set(paths.flatMap((path) => path.slice(0, 1)))) {
    const rest = paths.filter((path) => path[0] === first).map((path) => path.slice(1));
    members.set(first, bodyPathsOf(rest));
  }
  return { members };
}

/**
 * Reads values out of a body, whole or cut. A short body is parsed; of a long or a cut one only the bytes are walked.
 * Where a name stands twice the last one counts, as it does for most upstreams.
 */
export function readBody(body: CallBody | undefined, wanted: BodyPaths): BodyValues {
  if (body === undefined || body.bytes.length === 0 || wanted.members.size === 0) return NO_BODY;
  const root =
    body.isCut || body.bytes.length > PARSED_BYTES ? scan(body.bytes, wanted) : parse(body.bytes);
  return (path) => {
    let value: unknown = root;
    for (const name of path) {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name))
        return undefined;
      value = (value as Record<string, unknown>)[name];
    }
    return value;
  };
}

/** Up to here V8's parser is faster than a walk in JavaScript. */
const PARSED_BYTES = 16 * 1024;
/** Longer values are no model, no id and no count. */
const MOST_VALUE_BYTES = 4 * 1024;

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

function scan(bytes: Buffer, wanted: BodyPaths): unknown {
  const walk = new Walk(bytes);
  return walk.next() === OPEN_OBJECT ? walk.object(wanted) : undefined;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
/** White space of JSON, and everything below it. */
const SPACE = 0x20;

/** Where a walk through JSON is. It ends where the text ends or is none; what it has found by then stands. */
class Walk {
  private at = 0;
  private isOver = false;

  constructor(private readonly bytes: Buffer) {}

  /** The next byte that is no white space. */
  next(): number | undefined {
    const { bytes } = this;
    while (this.at < bytes.length && bytes[this.at]! <= SPACE) this.at += 1;
    return bytes[this.at];
  }

  /** At its opening brace. */
  object(wanted: BodyPaths): Record<string, unknown> {
    const found: Record<string, unknown> = {};
    this.at += 1;
    while (!this.isOver && this.next() === QUOTE) {
      const name = this.text(true);
      if (name === undefined || this.next() !== COLON) return this.end(found);
      this.at += 1;
      const inside = wanted.members.get(name);
      if (inside === undefined) this.pass();
      else if (inside.members.size > 0 && this.next() === OPEN_OBJECT) {
        found[name] = this.object(inside);
      } else this.keep(found, name);
      if (this.isOver) return found;
      if (this.next() !== COMMA) break;
      this.at += 1;
    }
    if (this.next() !== CLOSE_OBJECT) return this.end(found);
    this.at += 1;
    return found;
  }

  /** Takes a value that is no object and no list, if all of it is there. */
  private keep(found: Record<string, unknown>, name: string): void {
    delete found[name];
    const first = this.next();
    if (first === QUOTE) {
      const value = this.text(true);
      if (value !== undefined) found[name] = value;
    } else if (first === OPEN_OBJECT || first === OPEN_LIST) this.pass();
    else {
      const start = this.at;
      this.pass();
      // A number that ends where the text is cut off may go on.
      if (this.at >= this.bytes.length) this.isOver = true;
      else found[name] = scalar(this.bytes.toString('latin1', start, this.at));
    }
  }

  /** Past a value. */
  private pass(): void {
    let depth = 0;
    for (;;) {
      const byte = this.next();
      if (byte === undefined) {
        this.isOver = true;
        return;
      }
      if (byte === QUOTE) {
        this.text(false);
        if (this.isOver || depth === 0) return;
        continue;
      }
      if (byte === COMMA || byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
        if (depth === 0) return;
        if (byte !== COMMA) depth -= 1;
        this.at += 1;
        if (depth === 0 && byte !== COMMA) return;
        continue;
      }
      if (byte === OPEN_OBJECT || byte === OPEN_LIST) depth += 1;
      this.at += 1;
    }
  }

  /** At its opening quote. @returns its text, if that is asked for and it is not too long to be of use */
  private text(isWanted: boolean): string | undefined {
    const { bytes } = this;
    const start = this.at;
    let end = bytes.indexOf(QUOTE, start + 1);
    while (end > 0 && isEscaped(bytes, end)) end = bytes.indexOf(QUOTE, end + 1);
    if (end < 0) {
      this.isOver = true;
      this.at = bytes.length;
      return undefined;
    }
    this.at = end + 1;
    if (!isWanted || end - start > MOST_VALUE_BYTES) return isWanted ? '' : undefined;
    const raw = bytes.toString('utf8', start, end + 1);
    return raw.includes('\\') ? unescaped(raw) : raw.slice(1, -1);
  }

  private end(found: Record<string, unknown>): Record<string, unknown> {
    this.isOver = true;
    return found;
  }
}

/** An odd number of backslashes before a quote makes it a part of the text. */
function isEscaped(bytes: Buffer, quote: number): boolean {
  let at = quote - 1;
  while (bytes[at] === BACKSLASH) at -= 1;
  return (quote - at) % 2 === 0;
}

function unescaped(raw: string): string | undefined {
  const text: unknown = scalar(raw);
  return typeof text === 'string' ? text : undefined;
}

function scalar(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
