import { rules, type Client } from './client.js';
import { JournalUnusable, LedgerError, LedgerUnavailable } from './errors.js';
import { beat } from './heartbeat.js';
import { Holds, type Hold } from './holds.js';
import { printExactMoney, printMoney, type Money } from './money.js';
import type { Call, CostDetails, SpendOptions } from './options.js';
import type { Entry } from './reports/entry.js';
import { asJson, settlementOf, spendEvent } from './reports/submit.js';
import { checkedScope, type Scope } from './scope.js';
import { currentTrace, inTrace, traceHeaders, type Trace } from './trace.js';
import type { CallOptions, SpendData } from './types.js';

const TTL_SECONDS = 600;

/** A call between its hold and its report. */
export class RunningCall implements Call {
  readonly report: string;
  readonly headers: Readonly<Record<string, string>>;
  private readonly controller = new AbortController();
  private readonly stopListening: () => void;
  private stopBeating: () => void = () => undefined;
  private isEnded = false;
  /** A cost was told, or was meant to be. */
  private isPaid = false;

  private constructor(
    private readonly client: Client,
    private readonly options: SpendOptions,
    readonly trace: Trace,
    private readonly hold: Hold | undefined,
    private entry: Entry,
  ) {
    this.report = client.settings.journal === false ? 'lost in a crash' : 'kept in the journal';
    this.headers = traceHeaders(trace);
    const { signal } = options;
    const abort = () => this.abort(signal!.reason);
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort, { once: true });
    this.stopListening = () => signal?.removeEventListener('abort', abort);
  }

  /** Takes the hold, and writes down that the call runs. @throws BudgetExceeded, LedgerUnavailable */
  static async begin(client: Client, scope: Scope, options: SpendOptions): Promise<RunningCall> {
    const who = checkedScope(scope);
    printMoney(options.estimate, 'estimate');
    const { model, labels, metadata } = asJson({
      model: options.model,
      labels: options.labels,
      metadata: options.metadata,
    });
    options.signal?.throwIfAborted();
    const outer = currentTrace();
    const trace: Trace = {
      requestId: options.requestId ?? outer?.requestId ?? crypto.randomUUID(),
      traceparent: options.traceparent ?? outer?.traceparent,
    };
    const isOpen = (options.outage ?? client.settings.outage) === 'open';
    const hold = await inTrace(trace, () => takeHold(client, scope, options, trace, isOpen));
    const id = crypto.randomUUID();
    const { requestId, traceparent } = trace;
    const data = {
      scope: who,
      requestId,
      holdId: hold?.holdId,
      model,
      labels,
      metadata,
    } as SpendData;
    const time = hold?.time() ?? new Date(client.machine.now());
    const entry: Entry = {
      id,
      state: 'admitted',
      ...(hold && { holdId: hold.holdId }),
      event: spendEvent({ id, source: client.settings.source, time, data, traceparent }),
      isTimeOurs: true,
    };
    const call = new RunningCall(client, options, trace, hold, entry);
    await call.writeDown(isOpen);
    call.startBeating();
    return call;
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }
  get holdId(): string | null {
    return this.hold?.holdId ?? null;
  }
  get remaining(): string | null {
    return this.hold?.decision?.remaining ?? null;
  }

  readonly cost = (amount: Money, details: CostDetails = {}): void => {
    if (this.isEnded) {
      throw new LedgerError(
        'The call has ended, and its cost is reported. Correct it with events.amend().',
      );
    }
    // Whoever tells a cost has spent money, also if we cannot read the amount.
    this.isPaid = true;
    const { basis, model, metadata } = details;
    this.setDue(asJson({ amount: printExactMoney(amount, 'cost'), basis, model, metadata }));
  };

  abort(reason?: unknown): void {
    this.controller.abort(reason);
  }

  /** The call was made: reports its cost, or that it is unknown. @throws ApiError if the ledger refuses that */
  async finish(): Promise<void> {
    this.end();
    if (this.entry.state === 'admitted') this.setDue({ basis: 'unknown' });
    const { client, entry } = this;
    await client.store.savedSomehow();
    const reported = await client.courier.deliver(entry, rules(client, 'settle', this.reporting));
    if (reported.kind === 'refused') throw reported.error;
    if (reported.kind === 'kept') client.settings.warn(reported.error.message, reported.error);
    else client.view.positions?.note(settlementOf(reported.body).position);
  }

  /**
   * The call has failed: nothing was spent, unless it has told a cost, or the upstream had begun its work. This throws
   * nothing: the failure counts.
   */
  async fail({ wasMade = false } = {}): Promise<void> {
    const isMade = wasMade || this.isPaid;
    try {
      await (isMade ? this.finish() : this.giveBack());
    } catch (error) {
      const what = isMade
        ? 'The report of a failed call is refused.'
        : 'A hold is free when it expires.';
      this.client.settings.warn(`${what} ${String(error)}`, error);
    }
  }

  private async giveBack(): Promise<void> {
    this.end();
    this.client.store.drop(this.entry.id);
    await inTrace(this.trace, async () => this.hold?.release(this.reporting));
  }

  /** The caller's signal ends the call, not its report. */
  private get reporting(): CallOptions {
    const { timeout, maxRetries } = this.options;
    return { timeout, maxRetries };
  }

  private async writeDown(isOpen: boolean): Promise<void> {
    const { store } = this.client;
    try {
      if (isOpen) store.putSomehow(this.entry);
      else store.put(this.entry);
      await store.saved();
    } catch (error) {
      await this.fail();
      throw error;
    }
  }

  private setDue(cost: object): void {
    const { event } = this.entry;
    const data = { ...event.data, ...cost } as SpendData;
    const time = (this.hold?.time() ?? new Date(this.client.machine.now())).toISOString();
    this.entry = { ...this.entry, state: 'due', event: { ...event, time, data } as Entry['event'] };
    this.client.store.putSomehow(this.entry);
  }

  private startBeating(): void {
    const { client, hold } = this;
    if (!hold) return;
    const ttl = this.options.ttl ?? TTL_SECONDS;
    const { settings, transport, machine } = client;
    const { timeout } = rules(client, 'hold', this.options);
    const once = { timeout, trace: this.trace, isBackground: true };
    const request = { ...hold.extension(ttl), ...once };
    const extend = () => transport.attempt(request);
    const beats = {
      ttl: ttl * 1_000,
      limit: settings.limits.longestCall,
      extend,
      warn: settings.warn,
    };
    this.stopBeating = beat(beats, machine);
  }

  private end(): void {
    this.isEnded = true;
    this.stopBeating();
    this.stopListening();
  }
}

/** @returns undefined: the ledger is down, and the call is made nevertheless */
async function takeHold(
  client: Client,
  scope: Scope,
  { estimate, ttl = TTL_SECONDS, ...options }: SpendOptions,
  { requestId }: Trace,
  isOpen: boolean,
): Promise<Hold | undefined> {
  try {
    await client.store.ready().catch((error: unknown) => {
      if (!isOpen || !(error instanceof JournalUnusable)) throw error;
    });
    return await new Holds(client).take({ ...options, scope, amount: estimate, ttl, requestId });
  } catch (error) {
    if (!(error instanceof LedgerUnavailable) || !isOpen) throw error;
    client.settings.warn(`A call is made without a hold. ${error.message}`, error);
    return undefined;
  }
}
