import { rules, type Client } from './client.js';
import { extendedHold, hold as holdOnRecord, releasedHold, takenHold } from './http/answers.js';
import { holdPath } from './http/paths.js';
import { printExactMoney, printMoney, type Money } from './money.js';
import type { Entry } from './reports/entry.js';
import { settlementOf, spendEvent, submit } from './reports/submit.js';
import { checkedScope, type Scope } from './scope.js';
import { WORD } from './token.js';
import { currentTrace } from './trace.js';
import type {
  CallOptions,
  ExtendedHold,
  HoldOnRecord,
  Labels,
  OnExpiry,
  ReleasedHold,
  ScopeOnWire,
  Settlement,
  SpendData,
  TakenHold,
  Usage,
} from './types.js';

export interface TakeOptions extends CallOptions {
  readonly scope: Scope;
  readonly amount: Money;
  /** In whole seconds. */
  readonly ttl: number;
  /** What the call is for, such as `{ project: 'search' }`: a budget can be set on each. */
  readonly labels?: Labels;
  /** The model that the call will name. */
  readonly model?: string;
  readonly requestId?: string;
  /** What becomes of a hold that nobody ends; the ledger's default is `release`. */
  readonly onExpiry?: OnExpiry;
  /** A new one unless given. The same key gives the same hold. */
  readonly idempotencyKey?: string;
  readonly minPosition?: string;
}

export interface SettleOptions extends CallOptions {
  readonly basis?: 'exact' | 'estimated';
  readonly model?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** When the money was spent; now unless given. */
  readonly time?: Date | string;
  /** In place of an amount, where the ledger has prices. It needs a model. */
  readonly usage?: Usage;
}

/** `client.holds` */
export class Holds {
  /** @internal */
  constructor(private readonly client: Client) {}

  /** Sets money aside. @throws BudgetExceeded */
  async take(options: TakeOptions): Promise<Hold> {
    const { client } = this;
    const { ttl, onExpiry, labels, model, idempotencyKey = crypto.randomUUID() } = options;
    const scope = checkedScope(options.scope);
    const requestId = options.requestId ?? currentTrace()?.requestId;
    const minPosition = options.minPosition ?? client.view.positions?.newest;
    if (!WORD.test(idempotencyKey)) {
      throw new TypeError('idempotencyKey must be one word of printable ASCII.');
    }
    const amount = printMoney(options.amount, 'amount');
    const { body } = await client.transport.send<TakenHold>({
      ...rules(client, 'hold', options),
      // The caller waits. What the ledger has held meanwhile expires by itself.
      maxTimeouts: 1,
      method: 'POST',
      path: '/v1/holds',
      headers: { 'idempotency-key': idempotencyKey },
      body: { scope, amount, ttlSeconds: ttl, requestId, onExpiry, labels, model, minPosition },
      fits: takenHold,
    });
    client.view.positions?.note(body.decision.position);
    const takenAt = Date.parse(body.decision.decidedAt);
    // Those that it was judged by, which the ledger keeps: a spend in place of a settle is the same from every process.
    const told = { scope, requestId, labels: body.decision.labels, model };
    return new Hold(client, body, told, takenAt, takenAt);
  }

  /** Finds a hold that was taken before, here or elsewhere. */
  async get(holdId: string, options: CallOptions = {}): Promise<Hold> {
    const { client } = this;
    const { body } = await client.transport.send<HoldOnRecord>({
      ...rules(client, 'read', options),
      method: 'GET',
      path: holdPath(holdId),
      fits: holdOnRecord,
    });
    const takenAt = Date.parse(body.createdAt);
    const now = takenAt + body.ageMs;
    return new Hold(client, body, body, takenAt, now);
  }
}

type Answered = Omit<TakenHold, 'decision' | 'state'> & {
  state: string;
  decision?: TakenHold['decision'];
};

/** What a hold says of its call. */
interface Told {
  readonly scope: ScopeOnWire;
  readonly requestId?: string | null | undefined;
  readonly labels?: Labels | null | undefined;
  readonly model?: string | null | undefined;
}

/** Money that is set aside. */
export class Hold {
  private readonly heardAt: number;

  /** @internal */
  constructor(
    private readonly client: Client,
    private readonly answer: Answered,
    private readonly told: Told,
    /** By the ledger's clock, in milliseconds since 1970; as what follows. */
    private readonly takenAt: number,
    private readonly ledgerTime: number,
  ) {
    this.heardAt = client.machine.elapsed();
  }

  get scope(): ScopeOnWire {
    return this.told.scope;
  }
  get requestId(): string | undefined {
    return this.told.requestId ?? undefined;
  }
  /** Those that it was judged by, as the ledger keeps them. */
  get labels(): Labels | undefined {
    return this.told.labels ?? undefined;
  }
  get model(): string | undefined {
    return this.told.model ?? undefined;
  }
  get holdId(): string {
    return this.answer.holdId;
  }
  get amount(): string {
    return this.answer.amount;
  }
  get expiresAt(): string {
    return this.answer.expiresAt;
  }
  get remainingTtlMs(): number {
    return this.answer.remainingTtlMs;
  }
  get decision(): TakenHold['decision'] | undefined {
    return this.answer.decision;
  }
  /** For `minPosition`: what was counted when it was taken. */
  get position(): string | undefined {
    return this.answer.decision?.position;
  }

  /** Gives it more time, another amount, or both. @throws BudgetExceeded and it is as before */
  async extend({
    ttl,
    amount,
    ...options
  }: { readonly ttl?: number; readonly amount?: Money } & CallOptions): Promise<ExtendedHold> {
    const { body } = await this.client.transport.send<ExtendedHold>({
      ...rules(this.client, 'hold', options),
      ...this.extension(ttl, amount),
    });
    Object.assign(this.answer, body);
    return body;
  }

  /** @internal What an extension asks, for those who send it in their own way. */
  extension(ttl: number | undefined, amount?: Money) {
    return {
      method: 'POST',
      path: `${holdPath(this.holdId)}/extend`,
      body: {
        ttlSeconds: ttl,
        amount: amount === undefined ? undefined : printMoney(amount, 'amount'),
      },
      fits: extendedHold,
    };
  }

  /**
   * Says what its call cost; without an amount, that nobody knows. It reaches the ledger also if this process dies.
   * @throws Conflict if somebody else has settled it with another cost; LedgerUnavailable if it is sent later
   */
  async settle(amount?: Money, options: SettleOptions = {}): Promise<Settlement> {
    const { client, holdId, scope, requestId, labels } = this;
    const { basis, model = this.model, metadata, usage, time } = options;
    const rule = rules(client, 'settle', options);
    const cost =
      amount === undefined && usage === undefined
        ? { basis: 'unknown' }
        : {
            amount: amount === undefined ? undefined : printExactMoney(amount, 'amount'),
            usage,
            basis,
          };
    const event = spendEvent({
      // The same from every process, so that the spend counts once, also where the hold cannot be settled.
      id: `settle-${holdId}`,
      source: client.settings.source,
      time: time ?? this.time(),
      data: { scope, ...cost, requestId, holdId, model, labels, metadata } as SpendData,
    });
    const entry: Entry = {
      id: crypto.randomUUID(),
      state: 'due',
      holdId,
      event,
      isTimeOurs: time === undefined,
      ...(time === undefined && { takenAt: new Date(this.takenAt).toISOString() }),
    };
    await client.store.ready().catch(() => undefined);
    client.store.putSomehow(entry);
    await client.store.savedSomehow();
    const settlement = settlementOf(await submit(client, entry, rule));
    client.view.positions?.note(settlement.position);
    return settlement;
  }

  /** Sets the money free: the call was not made, or failed. */
  async release(options: CallOptions = {}): Promise<ReleasedHold> {
    const { body } = await this.client.transport.send<ReleasedHold>({
      ...rules(this.client, 'settle', options),
      method: 'POST',
      path: `${holdPath(this.holdId)}/release`,
      fits: releasedHold,
    });
    return body;
  }

  /** @internal Now by the ledger's clock, which may differ from this machine's; never ahead of it. */
  time(): Date {
    const elapsed = this.client.machine.elapsed() - this.heardAt;
    // The ledger's time is finer: a millisecond more, or it could lie before the hold.
    return new Date(this.ledgerTime + Math.floor(elapsed) + 1);
  }
}
