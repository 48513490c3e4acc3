export interface EventRules {
  /** Events may be taken out: what is not yet a whole event waits for its rest. */
  readonly takesOut: boolean;
  /** What waits and grows longer passes unread. */
  readonly mostEventBytes: number;
  /** Whether some bytes may be worth to be read. */
  readonly isWanted: (bytes: Buffer) => boolean;
  /** Reads the data of an event. @returns whether it is to be taken out, where that may be */
  readonly isTakenOut: (data: string) => boolean;
}

const NOTHING = Buffer.alloc(0);

/**
 * Server-sent events that come in chunks, wherever those end. Source: the WHATWG's HTML standard, "Server-sent events";
 * an event ends with an empty line.
 */
export class EventStream {
  /** The beginning of an event that has not ended. */
  private rest: Buffer = NOTHING;
  /** The event under way is too long: it passes unread. */
  private isPassing = false;

  constructor(private readonly rules: EventRules) {}

  /** @returns what passes now; the chunk itself if nothing is taken out and nothing waits */
  push(chunk: Buffer): Buffer {
    const bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    const end = endOfEvents(bytes);
    const wasPassing = this.isPassing;
    // A copy: the chunk need not stay.
    this.rest = end === bytes.length ? NOTHING : Buffer.from(bytes.subarray(end));
    if (end > 0) this.isPassing = false;
    const passed = this.read(bytes.subarray(0, end), wasPassing);
    if (!this.rules.takesOut) {
      if (this.rest.length > this.rules.mostEventBytes) this.passUnread();
      return chunk;
    }
    if (this.rest.length > this.rules.mostEventBytes || this.isPassing) {
      return Buffer.concat([passed, this.passUnread()]);
    }
    return passed.length === chunk.length && bytes === chunk ? chunk : passed;
  }

  /** @returns what still waits: the last event may lack its empty line */
  end(): Buffer {
    const { rest } = this;
    this.rest = NOTHING;
    const passed = this.read(rest, this.isPassing);
    return this.rules.takesOut ? passed : NOTHING;
  }

  private passUnread(): Buffer {
    const { rest } = this;
    this.rest = NOTHING;
    this.isPassing = true;
    return rest;
  }

  /** @returns the events that are not taken out */
  private read(events: Buffer, isFirstUnread: boolean): Buffer {
    if (!this.rules.isWanted(events)) return events;
    const passed: Buffer[] = [];
    let isUnread = isFirstUnread;
    for (const event of eventsIn(events)) {
      const isRead = !isUnread && this.rules.isWanted(event);
      if (!isRead || !this.rules.isTakenOut(dataOf(event))) passed.push(event);
      isUnread = false;
    }
    return Buffer.concat(passed);
  }
}

const EMPTY_LINES = ['\n\n', '\r\n\r\n', '\r\r'];

function endOfEvents(bytes: Buffer): number {
  return Math.max(
    ...EMPTY_LINES.map((line) => {
      const at = bytes.lastIndexOf(line);
      return at < 0 ? 0 : at + line.length;
    }),
  );
}

function* eventsIn(bytes: Buffer): Generator<Buffer> {
  let from = 0;
  while (from < bytes.length) {
    const ends = EMPTY_LINES.map((line) => {
      const at = bytes.indexOf(line, from);
      return at < 0 ? bytes.length : at + line.length;
    });
    const end = Math.min(...ends);
    yield bytes.subarray(from, end);
    from = end;
  }
}

function dataOf(event: Buffer): string {
  return event
    .toString('utf8')
    .split(/\r\n|\n|\r/)
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice('data:'.length))
    .join('\n');
}
