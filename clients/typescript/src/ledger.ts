import { rules, type Client, type View } from './client.js';
import { Events } from './events.js';
import { Holds } from './holds.js';
import { decision } from './http/answers.js';
import { Transport } from './http/transport.js';
import type { JournalCounts } from './journal/journal.js';
import { machine } from './machine.js';
import { numbers } from './numbers.js';
import { printMoney, type Money } from './money.js';
import type { Call, LedgerOptions, RawOptions, ReportOf, SpendOptions } from './options.js';
import { Positions } from './positions.js';
import { raw } from './raw.js';
import { Balances, Budgets } from './reads.js';
import { Adoption } from './reports/adoption.js';
import { Courier } from './reports/courier.js';
import { Delivery } from './reports/delivery.js';
import { ReportStore } from './reports/report-store.js';
import { checkedScope, type Scope } from './scope.js';
import { settingsOf } from './settings.js';
import { spend, stream } from './spend.js';
import type { Answer, CallOptions, Decision, Labels } from './types.js';

export interface CheckOptions extends CallOptions {
  readonly estimate?: Money;
  /** What the call is for, such as `{ project: 'search' }`: a budget can be set on each. */
  readonly labels?: Labels;
  /** The model that the call will name. */
  readonly model?: string;
  readonly minPosition?: string;
}

const SHARED = Symbol('what the views of a client share');
interface Shared {
  readonly client: Client;
  readonly adoption: Adoption;
}

/** A client of one ledger. `Journal` is the type of the option: it says in types whether a crash may lose a report. */
export class SpendLedger<Journal extends string | false = string> {
  readonly holds: Holds;
  readonly events: Events;
  readonly balances: Balances;
  readonly budgets: Budgets;
  private readonly client: Client;
  private readonly adoption: Adoption;

  /** @throws TypeError for options that cannot be meant */
  constructor(options: LedgerOptions<Journal>);
  constructor(given: LedgerOptions | { readonly [SHARED]: Shared }) {
    const { client, adoption } = SHARED in given ? given[SHARED] : makeShared(given);
    this.client = client;
    this.adoption = adoption;
    this.holds = new Holds(client);
    this.events = new Events(client);
    this.balances = new Balances(client);
    this.budgets = new Budgets(client);
  }

  /**
   * Takes a hold, runs the function, and settles what `call.cost()` said. Without it the cost is reported as unknown.
   * If the function throws before it has told a cost, the hold is released.
   * @throws BudgetExceeded, LedgerUnavailable before the function runs; what the function throws
   */
  spend<T>(
    scope: Scope,
    options: SpendOptions,
    run: (call: Call<ReportOf<Journal>>) => T | Promise<T>,
  ): Promise<T> {
    return spend(this.client, scope, options, run as (call: Call) => T | Promise<T>);
  }

  /** As `spend`, for an answer that comes in parts: it is settled at the end, and when the caller leaves before. */
  stream<T>(
    scope: Scope,
    options: SpendOptions,
    run: (call: Call<ReportOf<Journal>>) => AsyncIterable<T> | Promise<AsyncIterable<T>>,
  ): AsyncGenerator<T, void, undefined> {
    return stream(this.client, scope, options, run as (call: Call) => AsyncIterable<T>);
  }

  /** Asks whether a scope may spend. It promises nothing about other calls at the same time: a hold does. */
  async check(scope: Scope, options: CheckOptions = {}): Promise<Decision> {
    const { client } = this;
    const { estimate, labels, model, minPosition = client.view.positions?.newest } = options;
    const asked = {
      scope: checkedScope(scope),
      estimate: estimate === undefined ? undefined : printMoney(estimate, 'estimate'),
      labels,
      model,
      minPosition,
    };
    const { body } = await client.transport.send<Decision>({
      ...rules(client, 'check', options),
      method: 'POST',
      path: '/v1/check',
      body: asked,
      fits: decision,
    });
    return body;
  }

  /**
   * Asks any door: `{ status, headers, body }`. A refusal is an answer, too. A POST without an `idempotency-key` is sent
   * once, unless its own `maxRetries` says more.
   * @throws LedgerUnavailable
   */
  raw<T = unknown>(method: string, path: string, options?: RawOptions): Promise<Answer<T>> {
    return raw<T>(this.client, method, path, options);
  }

  /** The same client, with other rules for its requests. */
  withOptions({
    timeout,
    maxRetries,
  }: Pick<CallOptions, 'timeout' | 'maxRetries'>): SpendLedger<Journal> {
    return this.viewed(numbers({}, { timeout, maxRetries }));
  }

  /** The same client, whose reads, checks and holds include what it has recorded before. */
  session(): SpendLedger<Journal> {
    return this.viewed({ positions: new Positions() });
  }

  /** How many reports the ledger does not have yet, and how many it has refused for good. */
  reports(): JournalCounts {
    return this.client.store.counts();
  }

  /** Waits until the ledger has all reports. @returns whether it has */
  async drain({ within }: { readonly within: number }): Promise<boolean> {
    return this.adoption.drain(withinOf({ within }));
  }

  /** Sends what waits, and ends. What is left after so many milliseconds is sent by the next start. */
  async close({ within }: { readonly within?: number } = {}): Promise<void> {
    await this.adoption.drain(withinOf({ within }));
    await this.adoption.stop();
  }

  private viewed(view: View): SpendLedger<Journal> {
    const { client, adoption } = this;
    const shared: Shared = { client: { ...client, view: { ...client.view, ...view } }, adoption };
    return new SpendLedger<Journal>({ [SHARED]: shared } as never);
  }
}

function withinOf(given: { readonly within: number | undefined }): number {
  return numbers({ within: 5_000 }, given).within;
}

function makeShared(options: LedgerOptions): Shared {
  const settings = settingsOf(options);
  const { limits, timeouts, warn } = settings;
  const transport = new Transport(settings, machine);
  const { journalBytes: maxBytes, memoryEntries: maxEntries } = limits;
  const store = new ReportStore({ ...settings, maxBytes, maxEntries }, machine);
  const delivery = new Delivery(transport, timeouts, (entry) => store.putSomehow(entry), warn);
  const { sendAtOnce: atOnce, longestDelay } = limits;
  const courier = new Courier(delivery, store, { atOnce, longestDelay, warn }, machine);
  const client: Client = { settings, transport, store, courier, machine, view: {} };
  return { client, adoption: new Adoption(client) };
}
