import { visibleLines } from '#libs/json';
import { StatusLine } from './status-line';

interface Stream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** All that a command says to people: whatever the record has made of it, it is seen and does nothing. */
export class Terminal {
  private readonly status: StatusLine;

  constructor(
    private readonly out: Stream,
    private readonly aside: Stream,
  ) {
    this.status = new StatusLine(aside);
  }

  /** The answer. */
  print(text: string): void {
    this.out.write(`${visibleLines(text)}\n`);
  }

  /** A line beside it. */
  tell(text: string): void {
    this.status.tell(visibleLines(text));
  }

  tellProgress(text: string): void {
    this.status.tellProgress(visibleLines(text));
  }

  /** Why there is no answer. */
  refuse(text: string): void {
    this.status.end();
    this.aside.write(`${visibleLines(text)}\n`);
  }

  end(): void {
    this.status.end();
  }
}
