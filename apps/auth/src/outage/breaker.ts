export interface BreakerOptions {
  /** A clock of the process that never goes back, in milliseconds. */
  readonly monotonicMs: () => number;
  /** Least time between a failure and the next question. */
  readonly retryMs: number;
  readonly onOpen?: (cause: unknown) => void;
  readonly onClose?: () => void;
}

/**
 * Whether Postgres is asked. After a failure one question at a time finds out whether it is back, and nobody else waits
 * for it, until any question is answered.
 */
export class Breaker {
  private failedAtMs: number | undefined;
  private probing = false;

  constructor(private readonly options: BreakerOptions) {}

  get isOpen(): boolean {
    return this.failedAtMs !== undefined;
  }

  get isProbing(): boolean {
    return this.probing;
  }

  /** Whether this question may find out; `endProbe` follows, however it ends. */
  startProbe(): boolean {
    const { monotonicMs, retryMs } = this.options;
    if (this.probing || monotonicMs() < (this.failedAtMs ?? -Infinity) + retryMs) return false;
    this.probing = true;
    return true;
  }

  endProbe(): void {
    this.probing = false;
  }

  failed(cause: unknown): void {
    const wasOpen = this.isOpen;
    this.failedAtMs = this.options.monotonicMs();
    if (!wasOpen) this.options.onOpen?.(cause);
  }

  succeeded(): void {
    if (!this.isOpen) return;
    this.failedAtMs = undefined;
    this.options.onClose?.();
  }
}
