import { randomUUID } from 'node:crypto';
import { newHoldId } from '#libs/holds';
import {
  accountsOf,
  formatAccount,
  formatMoney,
  parseBudget,
  type Scope,
  type Spend,
} from '#libs/ledger';
import { budgetRecord, TEST_CURRENCY } from '#libs/testing';
import { Model, type ModelEvent } from './model';
import type { RealParts } from './real-parts';
import { PlayedHolds } from './played-holds';
import { PlayedLog } from './played-log';
import { scopesOf, targetsOf, WINDOWS } from './places';
import type { Step, StepOf } from './steps';

const HOUR = 3_600_000_000n;

/** Takes each step on the real parts and on the model, and compares every answer. */
export class Play {
  private readonly spends: { readonly spend: Spend; readonly event: ModelEvent }[] = [];
  private readonly scopes: readonly Scope[];
  private readonly targets: readonly string[];
  private readonly holds: PlayedHolds;
  private revision = 0;

  private constructor(
    private readonly real: RealParts,
    private readonly run: number,
    private readonly log: PlayedLog,
    readonly model: Model,
  ) {
    this.scopes = scopesOf(run);
    this.targets = targetsOf(run);
    this.holds = new PlayedHolds(real, this.scopes, log, model);
  }

  /** @param run names its accounts, so that runs share a database */
  static async begin(real: RealParts, run: number): Promise<Play> {
    return new Play(real, run, await PlayedLog.begin(real), new Model(await real.clock.now()));
  }

  async take(step: Step): Promise<void> {
    switch (step.kind) {
      case 'take':
        return this.holds.take(step);
      case 'settle':
        return this.holds.settle(step);
      case 'release':
        return this.holds.release(step);
      case 'extend':
        return this.holds.extend(step);
      case 'spend':
        return this.spend(step);
      case 'repeat':
        return this.repeat(step);
      case 'budget':
        return this.setBudget(step);
      case 'relay':
        return this.log.relay(step.dies);
      case 'project':
        return step.partition === null
          ? this.log.projectAll()
          : this.log.project(step.partition, step.most);
      case 'rebuild':
        return this.log.rebuild();
      case 'clock':
        return this.advance(step.micros);
    }
  }

  /** Held money is what the model says, of every account. */
  async compare(): Promise<void> {
    const real = await this.real.held();
    for (const account of new Set(this.scopes.flatMap(accountsOf).map(formatAccount))) {
      const held = real.get(account) ?? 0n;
      expect([account, held]).toEqual([account, this.model.held(account)]);
    }
  }

  /** Everything that is under way arrives. */
  async drain(): Promise<void> {
    await this.log.relay(false);
    await this.log.projectAll();
  }

  private async spend(step: StepOf<'spend'>): Promise<void> {
    const hold = step.hold === null ? undefined : this.holds.pick(step.hold);
    const scope = hold && step.isForHold ? hold.model.scope : this.scopes[step.scope]!;
    const time = this.model.now - BigInt(step.hoursAgo) * HOUR;
    const unknown = newHoldId(0, this.model.now);
    const spend: Spend = {
      ...{ id: randomUUID(), source: 'gateway', time, scope, currency: TEST_CURRENCY },
      ...{ amountPico: step.amount, basis: 'exact' },
      ...(step.hold === null ? {} : { holdId: hold?.id ?? unknown }),
    };
    const outcome = await this.real.record(spend, step.dies);
    expect(outcome?.outcome).toBe(step.dies ? undefined : 'recorded');
    const settles = hold?.model.state === 'active' && scope === hold.model.scope;
    let event: ModelEvent;
    if (settles) {
      event = this.holds.settled(hold, step.amount, time);
      hold.settledWith = `spend ${step.amount}`;
      if (step.dies) this.log.leaveInOutbox(event);
    } else {
      event = { scope, amount: step.amount, time, wasHeld: false, isProjected: false };
      this.model.events.push(event);
    }
    this.spends.push({ spend, event });
    if (!step.dies) this.log.hasAppended(event);
  }

  /** Sends a spend once more, also one whose recorder has died. */
  private async repeat(step: StepOf<'repeat'>): Promise<void> {
    const given = this.spends[step.spend % Math.max(1, this.spends.length)];
    if (!given) return;
    const outcome = await this.real.record(given.spend, false);
    expect(outcome).toMatchObject({ outcome: 'recorded', duplicate: true });
    if (!given.event.isProjected) this.log.hasAppended(given.event);
  }

  private async setBudget(step: StepOf<'budget'>): Promise<void> {
    const budgetId = `b${step.budget}-${this.run}`;
    const account = this.targets[step.budget]!;
    const limit = step.limit === null ? null : formatMoney(step.limit);
    const settings = { account, limit, window: WINDOWS[step.window], enforce: step.enforce };
    this.revision += 1;
    const given = step.isRemoved ? null : settings;
    const read = parseBudget(budgetId, settings);
    if (!read.ok) throw new Error(JSON.stringify(read.errors));
    const { budgets } = this.model;
    const record = budgetRecord(budgetId, this.revision, given, this.model.now);
    await this.log.append(record, () => budgets.set(budgetId, step.isRemoved ? null : read.value));
    await this.log.project(record.partition);
  }

  private async advance(micros: bigint): Promise<void> {
    this.model.now += micros;
    await this.real.clock.set(this.model.now);
  }
}
