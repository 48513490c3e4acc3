/** Where it is no terminal, progress is a line now and then. */
const SELDOM_MS = 5000;

/** Lines for people on standard error, of which the last may change in its place. */
export class StatusLine {
  private isOpen = false;
  private nextAt = 0;

  constructor(
    private readonly stream: { readonly isTTY?: boolean; write(text: string): unknown },
    private readonly monotonicMs: () => number = () => performance.now(),
  ) {}

  tell(text: string): void {
    this.clear();
    this.stream.write(`${text}\n`);
  }

  tellProgress(text: string): void {
    if (this.stream.isTTY === true) {
      this.clear();
      this.stream.write(text);
      this.isOpen = true;
    } else if (this.monotonicMs() >= this.nextAt) {
      this.nextAt = this.monotonicMs() + SELDOM_MS;
      this.stream.write(`${text}\n`);
    }
  }

  /** What stands on the terminal stays there. */
  end(): void {
    if (this.isOpen) this.stream.write('\n');
    this.isOpen = false;
  }

  private clear(): void {
    if (this.isOpen) this.stream.write('\r\u001b[2K');
    this.isOpen = false;
  }
}
