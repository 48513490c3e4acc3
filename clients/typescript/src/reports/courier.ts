import { LONGEST_RETRY_AFTER, backoff, retryDelay, type RetryRule } from '../http/retry.js';
import type { Deadline } from '../http/deadline.js';
import type { Machine } from '../machine.js';
import type { Delivered, Delivery } from './delivery.js';
import type { Entry } from './entry.js';
import type { ReportStore } from './report-store.js';

export interface CourierSettings {
  /** How many reports are under way at once in the background. */
  readonly atOnce: number;
  /** The longest wait between two attempts, in milliseconds. */
  readonly longestDelay: number;
  readonly warn: (message: string, error?: unknown) => void;
}

/** As `Delivered`; what has failed is sent again in the background. */
export type Reported = Concluded | { readonly kind: 'kept'; readonly error: Error };
type Concluded = Exclude<Delivered, { kind: 'failed' }>;
type Failed = Extract<Delivered, { kind: 'failed' }>;

/** Brings reports to the ledger: at once for a caller who waits, and in the background for as long as it takes. */
export class Courier {
  private readonly waiting: Entry[] = [];
  private awaited = 0;
  private inBackground = 0;
  private failures = 0;
  /** By this client's own rule: it ends with the first answer. */
  private backsOffUntil = 0;
  /** By the ledger's word. */
  private askedToWaitUntil = 0;
  private isStopped = false;
  private callOff: () => void = () => undefined;

  constructor(
    private readonly delivery: Delivery,
    private readonly store: ReportStore,
    private readonly settings: CourierSettings,
    private readonly machine: Machine,
  ) {}

  get isIdle(): boolean {
    return this.awaited + this.inBackground + this.waiting.length === 0;
  }

  /** @throws what the caller's signal says; the report is sent nevertheless */
  async deliver(
    entry: Entry,
    rule: RetryRule & Pick<Deadline, 'timeout' | 'signal'>,
  ): Promise<Reported> {
    const { signal, timeout } = rule;
    let current = entry;
    this.awaited += 1;
    try {
      for (let tried = 0; ; tried += 1) {
        const outcome = await this.delivery.attempt(current, { signal, timeout });
        if (outcome.kind !== 'failed') return this.conclude(outcome);
        current = this.postpone(outcome);
        const delay = retryDelay(outcome, tried, rule, this.machine.random());
        if (delay === undefined) {
          this.backOff(backoff(tried, this.machine.random()));
          this.waiting.push(current);
          return kept(outcome.error);
        }
        await this.machine.sleep(delay, signal);
      }
    } catch (error) {
      this.waiting.push(current);
      signal?.throwIfAborted();
      return kept(error as Error);
    } finally {
      this.awaited -= 1;
      this.pump();
    }
  }

  /** Sends them in the background, until the ledger has them. */
  send(entries: readonly Entry[]): void {
    const latest = this.machine.now() + LONGEST_RETRY_AFTER;
    for (const { notBefore = 0 } of entries) {
      this.askedToWaitUntil = Math.max(this.askedToWaitUntil, Math.min(notBefore, latest));
    }
    this.waiting.push(...entries);
    this.pump();
  }

  stop(): void {
    this.isStopped = true;
    this.callOff();
  }

  /** While the ledger does not answer, one report at a time asks whether it does again. */
  private pump(): void {
    this.callOff();
    if (this.isStopped) return;
    const wait = Math.max(this.backsOffUntil, this.askedToWaitUntil) - this.machine.now();
    if (wait <= 0) {
      const atOnce = this.failures > 0 ? 1 : this.settings.atOnce;
      while (this.inBackground < atOnce && this.waiting.length > 0)
        void this.carry(this.waiting.shift()!);
    } else if (this.waiting.length > 0) {
      this.callOff = this.machine.later(wait, () => this.pump());
    }
  }

  private async carry(entry: Entry): Promise<void> {
    this.inBackground += 1;
    try {
      const outcome = await this.delivery.attempt(entry, { isBackground: true });
      if (outcome.kind === 'failed') this.putOff(outcome);
      else this.tellDead(this.conclude(outcome));
    } catch (error) {
      this.putOff({ kind: 'failed', entry, error: error as Failed['error'], mayRetry: true });
    } finally {
      this.inBackground -= 1;
      this.pump();
    }
  }

  private putOff(outcome: Failed): void {
    const { warn, longestDelay } = this.settings;
    if (this.failures === 0) {
      warn(
        `A report waits for the ledger, and is sent again. ${outcome.error.message}`,
        outcome.error,
      );
    }
    this.waiting.push(this.postpone(outcome));
    this.backOff(backoff(this.failures, this.machine.random(), longestDelay));
    this.failures += 1;
  }

  private tellDead(outcome: Concluded): void {
    if (outcome.kind !== 'refused') return;
    const { error } = outcome;
    this.settings.warn(
      `The ledger refuses a report for good; it is kept as dead. ${error.message}`,
      error,
    );
  }

  private backOff(milliseconds: number): void {
    this.backsOffUntil = Math.max(this.backsOffUntil, this.machine.now() + milliseconds);
  }

  /** Notes what the ledger asked to wait, so that a restart does not forget it. */
  private postpone({ entry, retryAfter }: Failed): Entry {
    if (retryAfter === undefined) return entry;
    const notBefore = this.machine.now() + Math.min(retryAfter, LONGEST_RETRY_AFTER);
    this.askedToWaitUntil = Math.max(this.askedToWaitUntil, notBefore);
    this.store.delay(entry, notBefore);
    return { ...entry, notBefore };
  }

  private conclude(outcome: Concluded): Concluded {
    const { entry } = outcome;
    this.failures = 0;
    this.backsOffUntil = 0;
    if (outcome.kind === 'delivered') this.store.drop(entry.id);
    else this.store.bury({ entry, reason: outcome.error.message });
    return outcome;
  }
}

function kept(error: Error): Reported {
  error.message += ' The report is kept, and is sent again.';
  return { kind: 'kept', error };
}
