const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;

/** Longer names are none that is looked for, and longer values are no usage. */
const MOST_NAME_BYTES = 64;
const MOST_VALUE_BYTES = 16 * 1024;

/**
 * The values of some members of a JSON object that comes in pieces, however large it is: it keeps those values alone.
 * What is no JSON has no members.
 */
export class TopLevelMembers {
  private readonly texts = new Map<string, string>();
  private depth = 0;
  private isText = false;
  private isEscaped = false;
  private isName = false;
  private name = '';
  private kept: Kept | undefined;

  constructor(private readonly wanted: ReadonlySet<string>) {}

  /** @returns `undefined`: the object has no such member, or its end has not come */
  of(name: string): unknown {
    const text = this.texts.get(name);
    if (text === undefined) return undefined;
    try {
      return JSON.parse(text) as unknown;
    } catch {
      return undefined;
    }
  }

  push(piece: Buffer): void {
    let at = 0;
    this.kept?.from(0);
    while (at < piece.length) at = this.isText ? this.text(piece, at) : this.token(piece, at);
    this.kept?.until(piece, piece.length);
  }

  /** @returns where the text ends, or the piece does */
  private text(piece: Buffer, from: number): number {
    const quote = piece.indexOf(QUOTE, from);
    const end = quote < 0 ? piece.length : quote;
    const isEscaped = this.endsEscaped(piece, from, end);
    if (this.isName && this.name.length < MOST_NAME_BYTES) {
      this.name += piece.toString('latin1', from, Math.min(end, from + MOST_NAME_BYTES));
    }
    if (quote < 0) {
      this.isEscaped = isEscaped;
      return end;
    }
    if (isEscaped) {
      if (this.isName) this.name += '"';
    } else this.isText = false;
    this.isEscaped = false;
    return end + 1;
  }

  /** Whether an odd number of backslashes stands before `end`. */
  private endsEscaped(piece: Buffer, from: number, end: number): boolean {
    let at = end;
    while (at > from && piece[at - 1] === BACKSLASH) at -= 1;
    const isOdd = (end - at) % 2 === 1;
    return at === from && this.isEscaped ? !isOdd : isOdd;
  }

  /** One byte outside of a text. @returns where the next one is */
  private token(piece: Buffer, at: number): number {
    switch (piece[at]) {
      case QUOTE:
        this.isText = true;
        if (this.isName) this.name = '';
        break;
      case OPEN_OBJECT:
      case OPEN_LIST:
        this.depth += 1;
        this.isName = this.depth === 1 && piece[at] === OPEN_OBJECT;
        break;
      case CLOSE_OBJECT:
      case CLOSE_LIST:
        if (this.depth === 1) this.keepNoMore(piece, at);
        this.depth -= 1;
        break;
      case COMMA:
        if (this.depth === 1) {
          this.keepNoMore(piece, at);
          this.isName = true;
        }
        break;
      case COLON:
        if (this.isName) {
          this.isName = false;
          if (this.wanted.has(this.name)) this.kept = new Kept(at + 1);
        }
        break;
      default:
        break;
    }
    return at + 1;
  }

  private keepNoMore(piece: Buffer, at: number): void {
    this.kept?.until(piece, at);
    const text = this.kept?.text;
    if (text !== undefined) this.texts.set(this.name, text);
    this.kept = undefined;
  }
}

/** A value whose bytes stand in one piece or more. */
class Kept {
  private readonly parts: Buffer[] = [];
  private bytes = 0;

  constructor(private start: number) {}

  from(start: number): void {
    this.start = start;
  }

  until(piece: Buffer, end: number): void {
    this.bytes += end - this.start;
    // A copy: the piece need not stay.
    if (this.bytes <= MOST_VALUE_BYTES)
      this.parts.push(Buffer.from(piece.subarray(this.start, end)));
  }

  get text(): string | undefined {
    return this.bytes > MOST_VALUE_BYTES ? undefined : Buffer.concat(this.parts).toString('utf8');
  }
}
