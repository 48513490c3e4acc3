import { expiryOf } from '#libs/holds';
import type { Instant, Scope } from '#libs/ledger';
import type { Decision } from '../../../apps/auth/src/decision';
import type { HoldOutcome } from '../../../apps/auth/src/holds/hold-outcome';
import type {
  ExtendRequest,
  HoldRequest,
  SettleRequest,
  TakeRequest,
} from '../../../apps/auth/src/holds/hold-request';
import type { Model, ModelEvent, ModelHold } from './model';
import { numbersOf } from './numbers-of';
import { CALLER } from './real-parts';
import { isLive, orderOf, type PlayedHold } from './played-hold';
import type { Call } from './places';
import type { HoldStep, HoldStepOf } from './steps';

/** A request, and what its answer must be at the moment of its flush; then the model is as after it. */
export interface Asked {
  readonly scope: Scope;
  readonly request: HoldRequest;
  readonly judge: (outcome: HoldOutcome<Decision>, at: Instant) => void;
}

/** What is asked of holds, on the real parts and on the model. */
export class PlayedHolds {
  private readonly holds: PlayedHold[] = [];
  private readonly byKey = new Map<string, PlayedHold>();
  private readonly keyed: TakeRequest[] = [];

  constructor(
    private readonly calls: readonly Call[],
    private readonly model: Model,
    private readonly onSettled: (event: ModelEvent, after?: ModelEvent) => void,
  ) {}

  /** @param at when the flush is going to be, as far as one knows */
  ask(step: HoldStep, at: Instant): Asked | undefined {
    if (step.kind === 'take') return this.askTake(this.takeOf(step));
    if (step.kind === 'again') {
      const request = this.keyed.at(-1 - (step.take % Math.max(1, this.keyed.length)));
      return request && this.askTake(request);
    }
    const hold = this.pick(step.hold);
    if (!hold) return undefined;
    switch (step.kind) {
      case 'settle':
        return this.askSettle(step, hold, at);
      case 'release':
        return this.askRelease(hold);
      case 'extend':
        return this.askExtend(step, hold);
    }
  }

  /** A spend or a settle is what it cost. */
  settled(
    hold: PlayedHold,
    cost: bigint | null,
    time: Instant,
    at: Instant,
    labels = hold.model.labels,
  ): ModelEvent {
    const { model } = hold;
    model.state = 'settled';
    this.model.moved(model.scope, at);
    const event = { scope: model.scope, labels, amount: cost ?? 0n, time, wasHeld: true };
    this.model.events.push({ ...event, isProjected: false });
    return this.model.events.at(-1)!;
  }

  /** Those whose expiry owes an event, in the order in which one looks for them. */
  owing(at: Instant): PlayedHold[] {
    return this.holds
      .filter(({ model }) => model.state === 'active' && model.onExpiry !== 'release')
      .filter(({ model }) => model.expiresAt <= at)
      .sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
  }

  /** Its expiry makes an event of what was held, or of unknown cost. */
  expired(hold: PlayedHold, at: Instant): void {
    const { model } = hold;
    const cost = model.onExpiry === 'charge' ? model.amount : null;
    const event = this.settled(hold, cost, model.expiresAt, at);
    model.state = 'expired';
    hold.expiredAs = event;
    this.onSettled(event);
  }

  /** What its expiry said is corrected to what the call cost; nothing, where a spend of its own says that. */
  amended(hold: PlayedHold, cost: bigint, at: Instant): void {
    const { scope } = hold.model;
    const { amount: before, time, labels } = hold.expiredAs!;
    const amount = cost - before;
    this.model.events.push({ scope, labels, amount, time, wasHeld: false, isProjected: false });
    this.onSettled(this.model.events.at(-1)!, hold.expiredAs);
    this.model.moved(scope, at);
  }

  pick(index: number): PlayedHold | undefined {
    return this.holds.at(-1 - (index % Math.max(1, this.holds.length)));
  }

  private takeOf(step: HoldStepOf<'take'>): TakeRequest {
    const { scope, amount, ttlSeconds, onExpiry, key } = step;
    const request: TakeRequest = {
      kind: 'take',
      caller: CALLER,
      ...this.calls[scope]!,
      requestId: null,
      amountPico: amount,
      ttlSeconds,
      idempotencyKey: key === null ? null : `key-${key}`,
      onExpiry,
    };
    if (key !== null) this.keyed.push(request);
    return request;
  }

  private askTake(request: TakeRequest): Asked {
    const { scope, labels, amountPico, ttlSeconds, onExpiry, idempotencyKey: key } = request;
    const call = { scope, labels };
    const said = JSON.stringify([scope, `${amountPico}`, ttlSeconds, onExpiry]);
    const judge = (outcome: HoldOutcome<Decision>, at: Instant): void => {
      const known = key === null ? undefined : this.byKey.get(key);
      if (known) return this.judgeAgain(known, said, outcome, at);
      const isAdmitted = this.model.admits(call, amountPico, at);
      const decided = this.model.numbers(call, at);
      expect([outcome.outcome, numbersOf(outcome)]).toEqual([
        isAdmitted ? 'taken' : 'refused',
        decided,
      ]);
      if (outcome.outcome !== 'taken') return;
      const expiresAt = expiryOf(at, ttlSeconds);
      expect([outcome.isRepeated, outcome.hold.expiresAt]).toEqual([false, expiresAt]);
      const model: ModelHold = {
        ...call,
        amount: amountPico,
        expiresAt,
        createdAt: at,
        onExpiry,
        state: 'active',
      };
      this.model.holds.push(model);
      this.model.moved(scope, at);
      const { holdId: id } = outcome.hold;
      const ends = { settledWith: undefined, expiredAs: undefined };
      const hold = { id, model, taken: { said, decided }, ...ends };
      this.holds.push(hold);
      if (key !== null) this.byKey.set(key, hold);
    };
    return { scope, request, judge };
  }

  /** The same hold with the decision of then, while it lives; another body is told so. */
  private judgeAgain(
    { id, model, taken }: PlayedHold,
    said: string,
    outcome: HoldOutcome<Decision>,
    at: Instant,
  ): void {
    if (said !== taken.said) return expect(outcome).toEqual({ outcome: 'key_reused' });
    if (!isLive(model, at)) return expect(outcome.outcome).toBe('ended');
    expect(outcome).toMatchObject({ outcome: 'taken', isRepeated: true, hold: { holdId: id } });
    expect(numbersOf(outcome)).toEqual(taken.decided);
  }

  private askSettle(step: HoldStepOf<'settle'>, hold: PlayedHold, at: Instant): Asked {
    const { model } = hold;
    const { scope, createdAt } = model;
    const times = { none: undefined, now: at, created: createdAt };
    const time = { ...times, before: createdAt - 1n, later: at + 60_000_000n }[step.time];
    const cost = step.cost;
    const said = `${cost} ${time ?? ''}`;
    const request: SettleRequest = {
      kind: 'settle',
      caller: CALLER,
      holdId: hold.id,
      time,
      cost: cost === null ? { basis: 'unknown' } : { basis: 'exact', amountPico: cost },
    };
    const judge = (outcome: HoldOutcome<Decision>, moment: Instant): void => {
      const overrunPico = cost !== null && cost > model.amount ? cost - model.amount : 0n;
      if (model.state === 'released' || model.state === 'settled') {
        // The same words again; or the same cost, of a hold that a spend has settled.
        const isRepeat = [said, `spend ${cost}`].includes(hold.settledWith ?? 'nothing');
        const repeated = { outcome: 'settled', isRepeated: true, overrunPico };
        return expect(outcome).toMatchObject(isRepeat ? repeated : { outcome: 'ended' });
      }
      if (time !== undefined && (time < createdAt || time > moment)) {
        return expect(outcome.outcome).toBe('time_outside');
      }
      const late = !isLive(model, moment);
      expect(outcome).toMatchObject({ outcome: 'settled', isRepeated: false, late, overrunPico });
      hold.settledWith = said;
      if (model.state === 'expired') {
        model.state = 'settled';
        if (cost === null) this.model.moved(scope, moment);
        else this.amended(hold, cost, moment);
        return;
      }
      this.onSettled(this.settled(hold, cost, time ?? moment, moment));
    };
    return { scope, request, judge };
  }

  private askRelease({ id, model }: PlayedHold): Asked {
    const judge = (outcome: HoldOutcome<Decision>, at: Instant): void => {
      const { scope, state, amount } = model;
      const owesEvent = state === 'active' && model.onExpiry !== 'release' && !isLive(model, at);
      if (state === 'settled' || state === 'expired' || owesEvent) {
        return expect(outcome.outcome).toBe('ended');
      }
      const hasExpired = state === 'active' && !isLive(model, at);
      expect(outcome).toEqual({ outcome: 'released', amountPico: hasExpired ? 0n : amount });
      if (!isLive(model, at)) return;
      model.state = 'released';
      this.model.moved(scope, at);
    };
    return { scope: model.scope, request: { kind: 'release', caller: CALLER, holdId: id }, judge };
  }

  private askExtend(step: HoldStepOf<'extend'>, { id, model }: PlayedHold): Asked | undefined {
    const { ttlSeconds, amount } = step;
    if (ttlSeconds === undefined && amount === undefined) return undefined;
    const request: ExtendRequest = {
      kind: 'extend',
      caller: CALLER,
      holdId: id,
      ttlSeconds,
      amountPico: amount,
    };
    const judge = (outcome: HoldOutcome<Decision>, at: Instant): void => {
      const { scope } = model;
      if (!isLive(model, at)) return expect(outcome.outcome).toBe('ended');
      const more = (amount ?? model.amount) - model.amount;
      const isAdmitted = more <= 0n || this.model.admits(model, more, at);
      expect(outcome.outcome).toBe(isAdmitted ? 'extended' : 'refused');
      if (amount !== undefined) expect(numbersOf(outcome)).toEqual(this.model.numbers(model, at));
      if (!isAdmitted) return;
      model.amount = amount ?? model.amount;
      model.expiresAt = ttlSeconds === undefined ? model.expiresAt : expiryOf(at, ttlSeconds);
      expect(outcome).toMatchObject({
        hold: { amountPico: model.amount, expiresAt: model.expiresAt },
      });
      this.model.moved(scope, at);
    };
    return { scope: model.scope, request, judge };
  }
}
