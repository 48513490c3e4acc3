import { randomUUID } from 'node:crypto';
import { expiryOf } from '#libs/holds';
import { formatAccount, type Scope } from '#libs/ledger';
import type { Decision } from '../../../apps/auth/src/decision';
import type { Model, ModelEvent, ModelHold, Numbers } from './model';
import type { PlayedLog } from './played-log';
import { CALLER, type RealParts } from './real-parts';
import type { StepOf } from './steps';

/** A hold as both know it. */
interface PlayedHold {
  readonly id: string;
  readonly model: ModelHold;
  settledWith: string | undefined;
}

/** Takes the steps of holds on the real parts and on the model, and compares every answer. */
export class PlayedHolds {
  private readonly holds: PlayedHold[] = [];

  constructor(
    private readonly real: RealParts,
    private readonly scopes: readonly Scope[],
    private readonly log: PlayedLog,
    private readonly model: Model,
  ) {}

  async take(step: StepOf<'take'>): Promise<void> {
    const scope = this.scopes[step.scope]!;
    const numbers = this.model.numbers(scope);
    const isAdmitted = this.model.admits(scope, step.amount);
    const [outcome] = await this.real.flush(step.auth, [
      {
        kind: 'take',
        ...{ caller: CALLER, scope, amountPico: step.amount, ttlSeconds: step.ttlSeconds },
        ...{ requestId: null, idempotencyKey: step.keyed ? randomUUID() : null },
      },
    ]);
    if (outcome!.outcome !== 'taken' && outcome!.outcome !== 'refused') {
      throw new Error(`a take came to ${outcome!.outcome}`);
    }
    expect([outcome.outcome === 'taken', numbersOf(outcome.decision)]).toEqual([
      isAdmitted,
      numbers,
    ]);
    if (outcome.outcome === 'refused') return;
    const { hold } = outcome;
    const expiresAt = expiryOf(this.model.now, step.ttlSeconds);
    expect(hold.expiresAt).toBe(expiresAt);
    const model: ModelHold = {
      ...{ scope, amount: step.amount, expiresAt },
      ...{ createdAt: this.model.now, state: 'active' },
    };
    this.model.holds.push(model);
    this.holds.push({ id: hold.holdId, model, settledWith: undefined });
  }

  async settle(step: StepOf<'settle'>): Promise<void> {
    const hold = this.pick(step.hold);
    if (!hold) return;
    const { model } = hold;
    const now = this.model.now;
    const time = { none: undefined, now, created: model.createdAt, before: model.createdAt - 1n };
    const amountPico = step.amount ?? undefined;
    const [outcome] = await this.real.flush(step.auth, [
      {
        kind: 'settle',
        ...{ caller: CALLER, holdId: hold.id, time: time[step.time] },
        cost: amountPico === undefined ? { basis: 'unknown' } : { basis: 'exact', amountPico },
      },
    ]);
    const said = `${amountPico} ${step.time === 'none' ? '' : time[step.time]}`;
    const overrunPico = (amountPico ?? 0n) > model.amount ? amountPico! - model.amount : 0n;
    if (model.state !== 'active') {
      const isRepeat = model.state === 'settled' && this.isRepeat(hold, said, `${amountPico}`);
      expect(outcome).toMatchObject(
        isRepeat ? { outcome: 'settled', isRepeated: true, overrunPico } : { outcome: 'ended' },
      );
    } else if (step.time === 'before') {
      expect(outcome!.outcome).toBe('time_outside');
    } else {
      const late = model.expiresAt <= now;
      expect(outcome).toMatchObject({ outcome: 'settled', isRepeated: false, late, overrunPico });
      hold.settledWith = said;
      const spentAt = time[step.time] ?? now;
      this.log.leaveInOutbox(this.settled(hold, amountPico ?? 0n, spentAt));
    }
  }

  /** The same words again; or the same cost, of a hold that a spend has settled. */
  private isRepeat({ settledWith }: PlayedHold, said: string, cost: string): boolean {
    return settledWith === said || settledWith === `spend ${cost}`;
  }

  async release(step: StepOf<'release'>): Promise<void> {
    const hold = this.pick(step.hold);
    if (!hold) return;
    const { model } = hold;
    const [outcome] = await this.real.flush(step.auth, [
      { kind: 'release', caller: CALLER, holdId: hold.id },
    ]);
    const hasExpired = model.state === 'active' && model.expiresAt <= this.model.now;
    expect(outcome).toMatchObject(
      model.state === 'settled'
        ? { outcome: 'ended' }
        : { outcome: 'released', amountPico: hasExpired ? 0n : model.amount },
    );
    if (model.state === 'active' && !hasExpired) model.state = 'released';
  }

  async extend(step: StepOf<'extend'>): Promise<void> {
    const hold = this.pick(step.hold);
    if (!hold || (step.ttlSeconds === undefined && step.amount === undefined)) return;
    const { model } = hold;
    const morePico = (step.amount ?? model.amount) - model.amount;
    const isLive = model.state === 'active' && model.expiresAt > this.model.now;
    const isAdmitted = morePico <= 0n || this.model.admits(model.scope, morePico);
    const [outcome] = await this.real.flush(step.auth, [
      {
        kind: 'extend',
        ...{ caller: CALLER, holdId: hold.id },
        ...{ ttlSeconds: step.ttlSeconds, amountPico: step.amount },
      },
    ]);
    const expected = !isLive ? 'ended' : isAdmitted ? 'extended' : 'refused';
    expect(outcome!.outcome).toBe(expected);
    if (expected !== 'extended') return;
    if (step.amount !== undefined) model.amount = step.amount;
    if (step.ttlSeconds !== undefined) {
      model.expiresAt = expiryOf(this.model.now, step.ttlSeconds);
    }
  }

  settled({ model }: PlayedHold, amount: bigint, time: bigint): ModelEvent {
    model.state = 'settled';
    const { scope } = model;
    const event = { scope, amount, time, wasHeld: true, isProjected: false };
    this.model.events.push(event);
    return event;
  }

  pick(index: number): PlayedHold | undefined {
    return this.holds[index % Math.max(1, this.holds.length)];
  }
}

function numbersOf({ budgets }: Decision): Numbers[] {
  return budgets.map(({ budget, account, spentPico, heldPico }) => [
    budget.budgetId,
    formatAccount(account),
    spentPico,
    heldPico,
  ]);
}
