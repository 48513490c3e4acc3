import type { Deadline } from '../http/deadline.js';
import {
  LONGEST_RETRY_AFTER,
  backoff,
  retryDelay,
  type Failure,
  type RetryRule,
} from '../http/retry.js';
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
/** What is known of a failure; nothing, where the caller stopped waiting. */
type Setback = Pick<Failure, 'retryAfter'>;

/** Brings reports to the ledger: at once for a caller who waits, and in the background for as long as it takes. */
export class Courier {
  private readonly waiting: Entry[] = [];
  private awaited = 0;
  private inBackground = 0;
  private failures = 0;
  /** In the background, since the last answer. */
  private hasWarned = false;
  /** By this client's own rule: it ends with the first answer. As what follows by the clock that nobody sets. */
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
        current = outcome.entry;
        const delay = retryDelay(outcome, tried, rule, this.machine.random());
        if (delay === undefined) {
          this.putOff([current], outcome, tried);
          return { kind: 'kept', error: kept(outcome.error) };
        }
        this.postpone([current], outcome);
        await this.machine.sleep(delay, signal);
      }
    } catch (error) {
      this.putOff([current]);
      signal?.throwIfAborted();
      return { kind: 'kept', error: kept(error as Error) };
    } finally {
      this.awaited -= 1;
      this.pump();
    }
  }

  /** Sends them in the background, until the ledger has them. */
  send(entries: readonly Entry[]): void {
    for (const { notBefore = 0 } of entries) this.wait(notBefore - this.machine.now());
    this.waiting.push(...entries);
    this.pump();
  }

  /** What has failed waits, and is sent again in the background. @param tried how often it was sent before */
  putOff(entries: readonly Entry[], failure: Setback = {}, tried = 0): void {
    const { machine, settings } = this;
    const now = machine.elapsed();
    // Those that fail together have failed once.
    if (now >= this.backsOffUntil) {
      const failures = Math.max(this.failures, tried);
      this.backsOffUntil = now + backoff(failures, machine.random(), settings.longestDelay);
      this.failures = failures + 1;
    }
    this.postpone(entries, failure);
    this.waiting.push(...entries);
    this.pump();
  }

  /** Notes what the ledger asked to wait, so that a restart does not forget it. */
  postpone(entries: readonly Entry[], { retryAfter }: Setback): void {
    if (retryAfter === undefined) return;
    const notBefore = this.machine.now() + this.wait(retryAfter);
    for (const entry of entries) this.store.delay(entry, notBefore);
  }

  stop(): void {
    this.isStopped = true;
    this.callOff();
  }

  /** @returns how long, at most so long as a ledger may ask */
  private wait(milliseconds: number): number {
    const wait = Math.min(milliseconds, LONGEST_RETRY_AFTER);
    this.askedToWaitUntil = Math.max(this.askedToWaitUntil, this.machine.elapsed() + wait);
    return wait;
  }

  /** While the ledger does not answer, one report at a time asks whether it does again. */
  private pump(): void {
    this.callOff();
    if (this.isStopped) return;
    const wait = Math.max(this.backsOffUntil, this.askedToWaitUntil) - this.machine.elapsed();
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
      if (outcome.kind === 'failed') this.failAgain(outcome.entry, outcome.error, outcome);
      else this.tellDead(this.conclude(outcome));
    } catch (error) {
      this.failAgain(entry, error as Error);
    } finally {
      this.inBackground -= 1;
      this.pump();
    }
  }

  private failAgain(entry: Entry, error: Error, failure?: Setback): void {
    if (!this.hasWarned) this.settings.warn(kept(error).message, error);
    this.hasWarned = true;
    this.putOff([entry], failure);
  }

  private tellDead(outcome: Concluded): void {
    if (outcome.kind !== 'refused') return;
    const { error } = outcome;
    this.settings.warn(
      `The ledger refuses a report for good; it is kept as dead. ${error.message}`,
      error,
    );
  }

  private conclude(outcome: Concluded): Concluded {
    const { entry } = outcome;
    this.failures = 0;
    this.hasWarned = false;
    this.backsOffUntil = 0;
    if (outcome.kind === 'delivered') this.store.drop(entry.id);
    else this.store.bury({ entry, reason: outcome.error.message });
    return outcome;
  }
}

/** The error, which says what becomes of the reports that it is about. */
export function kept(error: Error, reports = 1): Error {
  error.message +=
    reports === 1
      ? ' The report is kept, and is sent again.'
      : ` The ${reports} reports are kept, and are sent again.`;
  return error;
}
