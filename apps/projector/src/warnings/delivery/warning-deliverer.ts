import { setTimeout as sleep } from 'node:timers/promises';
import { printWarning } from '#libs/balances';
import type { Database } from '#libs/postgres';
import { WakeableLoop } from '#libs/runtime';
import { leaseDeliveries, noteDelivered, noteFailure, type LeasedDelivery } from './delivery-queue';
import { postWebhook, type PostOutcome } from './post-webhook';
import { retryDelayMs } from './retry-delay';
import type { WebhookSettings } from './webhook-settings';

export const WARNING_TYPE = 'spendledger.budget.warning.v1';

export type DeliveryOutcome = 'delivered' | 'failed' | 'given_up';

export interface DelivererEvents {
  readonly onOutcome: (outcome: DeliveryOutcome) => void;
  /** For the operator, in sentences. */
  readonly onTrouble: (sentence: string) => void;
  readonly onRecovered: (sentence: string) => void;
  readonly onError: (error: unknown) => void;
}

/**
 * Sends each warning to the operator's receiver until it takes it. An attempt is made outside of any transaction, and
 * only as many at once as are allowed; the rest waits in its rows, which outlive this process.
 */
export class WarningDeliverer {
  private readonly loop: WakeableLoop;
  private readonly underWay = new Set<Promise<void>>();
  private readonly interrupted = new AbortController();
  private readonly leaseMs: number;
  private isFailing = false;

  constructor(
    private readonly database: Database,
    private readonly settings: WebhookSettings,
    private readonly events: DelivererEvents,
    private readonly random: () => number = Math.random,
  ) {
    // What an attempt may take, and as much again for what comes before and after it.
    this.leaseMs = 2 * settings.timeoutMs;
    this.loop = new WakeableLoop({
      round: (stopped) => this.startDue(stopped),
      pauseMs: 0,
      pollMs: settings.pollMs,
      retryMs: settings.failureMs,
      onError: events.onError,
    });
  }

  start(): void {
    this.loop.start();
  }

  /** Warnings were kept. */
  wake(): void {
    this.loop.wake();
  }

  /** Begins no more attempts, and cuts off those that are under way after so long; another process repeats them. */
  async stop(graceMs: number): Promise<void> {
    await this.loop.stop();
    const done = Promise.all(this.underWay);
    const waited = new AbortController();
    await Promise.race([done, sleep(graceMs, undefined, { signal: waited.signal })]);
    this.interrupted.abort();
    await done;
    waited.abort();
  }

  private async startDue(stopped: AbortSignal): Promise<void> {
    for (;;) {
      const free = this.settings.concurrency - this.underWay.size;
      if (free <= 0 || stopped.aborted) return;
      const endsAt = performance.now() + this.leaseMs;
      const lease = { ...this.settings, leaseMs: this.leaseMs };
      const leased = await leaseDeliveries(this.database, free, lease);
      for (const delivery of leased) this.begin(delivery, endsAt);
      if (leased.length < free) return;
    }
  }

  private begin(delivery: LeasedDelivery, endsAt: number): void {
    const attempt = this.attempt(delivery, endsAt)
      .catch((error: unknown) => this.events.onError(error))
      .finally(() => {
        this.underWay.delete(attempt);
        this.loop.wake();
      });
    this.underWay.add(attempt);
  }

  private async attempt(delivery: LeasedDelivery, endsAt: number): Promise<void> {
    const { warning, isTooOld, timestampSeconds } = delivery;
    const { warning_id: id } = warning;
    if (isTooOld) {
      return this.giveUp(delivery, warning.last_failure ?? 'too old before it was tried');
    }
    // This process may have slept: then the next attempt is another's.
    const timeoutMs = Math.min(this.settings.timeoutMs, Math.floor(endsAt - performance.now()));
    if (timeoutMs <= 0) return;
    const data = printWarning(warning);
    const body = JSON.stringify({ type: WARNING_TYPE, timestamp: data.warnedAt, data });
    const content = { id, timestampSeconds, body };
    const { signal } = this.interrupted;
    await this.note(delivery, await postWebhook(this.settings, content, timeoutMs, signal));
  }

  private async note(delivery: LeasedDelivery, result: PostOutcome): Promise<void> {
    const { warning } = delivery;
    switch (result.outcome) {
      case 'delivered':
        await noteDelivered(this.database, warning.warning_id);
        this.events.onOutcome('delivered');
        if (this.isFailing) this.events.onRecovered('The receiver of warnings takes them again.');
        this.isFailing = false;
        return;
      case 'gone':
        return this.giveUp(delivery, result.failure);
      case 'interrupted':
        return noteFailure(this.database, warning, result.failure, 0);
      case 'failed':
        await noteFailure(
          this.database,
          warning,
          result.failure,
          retryDelayMs(warning.attempts, this.settings, this.random),
        );
        this.events.onOutcome('failed');
        if (!this.isFailing) {
          this.events.onTrouble(`The receiver of warnings did not take one: ${result.failure}.`);
        }
        this.isFailing = true;
    }
  }

  private async giveUp({ warning }: LeasedDelivery, failure: string): Promise<void> {
    await noteFailure(this.database, warning, failure, undefined);
    this.events.onOutcome('given_up');
    this.events.onTrouble(`Warning ${warning.warning_id} is no longer delivered: ${failure}.`);
  }
}
