import type { Instant } from '#libs/ledger';

/** The ledger's clock when nobody can read it: its last reading, and the time that has passed since. */
export class LedgerClock {
  private reading: Instant = 0n;
  private readAtMs = 0;

  /** @param monotonicMs a clock of the process that never goes back */
  constructor(private readonly monotonicMs: () => number) {}

  /** The clock said this a moment ago. The estimate is never ahead of it, so that no time goes back afterwards. */
  note(reading: Instant): void {
    if (reading <= this.reading) return;
    this.reading = reading;
    this.readAtMs = this.monotonicMs();
  }

  now(): Instant {
    const passedMs = this.monotonicMs() - this.readAtMs;
    return this.reading + BigInt(Math.trunc(passedMs * 1000));
  }
}
