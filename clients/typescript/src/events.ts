import { rules, type Client } from './client.js';
import { BatchPartlyRefused } from './errors.js';
import { isObject, resultsOf } from './http/answers.js';
import { printMoney, type Money } from './money.js';
import { kept } from './reports/courier.js';
import type { Entry } from './reports/entry.js';
import { asJson, printTime, spendEvent, submit } from './reports/submit.js';
import { checkedScope, type Scope } from './scope.js';
import { currentTrace } from './trace.js';
import type { BatchResult, CallOptions, Labels, Receipt, SpendData, Usage } from './types.js';

/** A spend. Equal source and id are the same event, which counts once. */
export interface NewEvent {
  /** A new one unless given. */
  readonly id?: string;
  /** That of the client unless given. */
  readonly source?: string;
  /** When the money was spent; now unless given. */
  readonly time?: Date | string;
  readonly scope: Scope;
  /** Absent where `basis` is `unknown`, or `usage` stands in its place. */
  readonly amount?: Money;
  readonly usage?: Usage;
  readonly basis?: 'exact' | 'estimated' | 'unknown';
  readonly model?: string;
  readonly requestId?: string;
  readonly holdId?: string;
  /** What the call is for, such as `{ project: 'search' }`: a budget can be set on each. */
  readonly labels?: Labels;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** An event on record, as a receipt or a settlement names it. */
export type Recorded =
  | { readonly source: string; readonly id: string }
  | { readonly source: string; readonly eventId: string };

export interface AmendOptions extends CallOptions {
  /** For later readers of the record. */
  readonly reason: string;
  /** Of the correction; new ones unless given. */
  readonly id?: string;
  readonly source?: string;
  readonly time?: Date | string;
}

/** `client.events` */
export class Events {
  /** @internal */
  constructor(private readonly client: Client) {}

  /** @throws EventConflict; LedgerUnavailable, and Unauthenticated, if it is sent later */
  async record(event: NewEvent, options: CallOptions = {}): Promise<Receipt> {
    return this.submit(this.entryOf(event), options);
  }

  /**
   * Says what a spend costs from now on, such as one of unknown cost.
   * @throws UnknownEvent if that is not on record
   */
  async amend(recorded: Recorded, amount: Money, options: AmendOptions): Promise<Receipt> {
    const { id = crypto.randomUUID(), source = this.client.settings.source, reason } = options;
    const adjusts = {
      source: recorded.source,
      id: 'eventId' in recorded ? recorded.eventId : recorded.id,
    };
    const correction = asJson({
      specversion: '1.0' as const,
      id,
      source,
      type: 'spendledger.spend.adjusted.v1' as const,
      time: printTime(options.time ?? new Date(this.client.machine.now())),
      data: { adjusts, kind: 'amend' as const, amount: printMoney(amount, 'amount'), reason },
    });
    return this.submit(due(correction, options.time === undefined), options);
  }

  /**
   * Records events in batches, and goes on after a batch that is partly refused.
   * @returns what became of each event, in order
   * @throws BatchPartlyRefused with the same, if some are refused; LedgerUnavailable if some are sent later
   */
  async recordAll(
    events: AsyncIterable<NewEvent> | Iterable<NewEvent>,
    options: CallOptions = {},
  ): Promise<BatchResult[]> {
    const results: BatchResult[] = [];
    let refusal: BatchPartlyRefused | undefined;
    const send = async (batch: readonly Entry[]) => {
      if (batch.length === 0) return;
      const outcome = await this.recordBatch(batch, options);
      if (outcome instanceof BatchPartlyRefused) refusal = outcome;
      results.push(...(outcome instanceof BatchPartlyRefused ? outcome.results : outcome));
    };
    const { batchEvents, batchBytes } = this.client.settings.limits;
    let batch: Entry[] = [];
    let bytes = 0;
    for await (const event of events) {
      const entry = this.entryOf(event);
      const size = new TextEncoder().encode(JSON.stringify(entry.event)).length + 1;
      if (batch.length >= batchEvents || bytes + size > batchBytes) {
        await send(batch);
        [batch, bytes] = [[], 0];
      }
      batch.push(entry);
      bytes += size;
    }
    await send(batch);
    if (!refusal) return results;
    throw new BatchPartlyRefused(
      refusal.status,
      { ...refusal.problem, results },
      refusal.requestId,
    );
  }

  private async submit(entry: Entry, options: CallOptions): Promise<Receipt> {
    const { client } = this;
    const rule = rules(client, 'record', options);
    await this.keep([entry]);
    const receipt = (await submit(client, entry, rule)) as Receipt;
    client.view.positions?.note(receipt.position);
    return receipt;
  }

  private async recordBatch(
    batch: readonly Entry[],
    options: CallOptions,
  ): Promise<readonly BatchResult[] | BatchPartlyRefused> {
    const { courier, store, transport } = this.client;
    const fits = resultsOf(batch.length);
    const request = {
      ...rules(this.client, 'record', options),
      method: 'POST',
      path: '/v1/events',
      headers: { 'content-type': 'application/cloudevents-batch+json' },
      body: batch.map(({ event }) => event),
      fits,
    };
    await this.keep(batch);
    const outcome = await transport
      .persist(request, (failure) => courier.postpone(batch, failure))
      .catch((error: unknown) => {
        courier.putOff(batch);
        throw error;
      });
    if (outcome.kind === 'answered') {
      const { results } = outcome.answer.body as { results: BatchResult[] };
      this.conclude(batch, results);
      return results;
    }
    const { error } = outcome;
    if (error instanceof BatchPartlyRefused && fits(error.problem)) {
      this.conclude(batch, error.results);
      return error;
    }
    if (outcome.kind === 'failed') {
      courier.putOff(batch, outcome);
      throw kept(error, batch.length);
    }
    for (const entry of batch) store.bury({ entry, reason: error.message });
    throw error;
  }

  /** Each entry ends as its result says. */
  private conclude(batch: readonly Entry[], results: readonly BatchResult[]): void {
    const { store, courier, view } = this.client;
    const failed: Entry[] = [];
    for (const [index, entry] of batch.entries()) {
      const result = results[index]!;
      if ('position' in result) view.positions?.note(result.position);
      if (result.status < 300) store.drop(entry.id);
      else if (result.status >= 500 || result.status === 401) failed.push(entry);
      else store.bury({ entry, reason: 'problem' in result ? result.problem.detail : '' });
    }
    if (failed.length > 0) courier.putOff(failed);
  }

  /** @throws JournalUnusable, and nothing is sent */
  private async keep(entries: readonly Entry[]): Promise<void> {
    const { store } = this.client;
    await store.ready();
    for (const entry of entries) store.put(entry);
    await store.saved();
  }

  private entryOf(event: NewEvent): Entry {
    if (!isObject(event)) throw new TypeError('An event must be an object.');
    const { id = crypto.randomUUID(), source = this.client.settings.source, time } = event;
    const { amount, basis, usage, model, holdId, labels, metadata } = event;
    const trace = currentTrace();
    const data = {
      scope: checkedScope(event.scope),
      amount: amount === undefined ? undefined : printMoney(amount, 'amount'),
      basis,
      usage,
      model,
      holdId,
      labels,
      metadata,
      requestId: event.requestId ?? trace?.requestId,
    } as SpendData;
    const at = time ?? new Date(this.client.machine.now());
    const said = { id, source, time: at, data, traceparent: trace?.traceparent };
    return due(spendEvent(said), time === undefined);
  }
}

function due(event: Entry['event'], isTimeOurs: boolean): Entry {
  return { id: crypto.randomUUID(), state: 'due', event, isTimeOurs };
}
