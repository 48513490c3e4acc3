import { randomUUID } from 'node:crypto';
import { newHoldId } from '#libs/holds';
import { formatInstant, formatMoney, parseBudget, type Labels, type Spend } from '#libs/ledger';
import { budgetRecord, TEST_CURRENCY } from '#libs/testing';
import { Model, namesOf, namesOfScope, type ModelEvent } from './model';
import { numbersOfBudget } from './numbers-of';
import { PlayedHolds } from './played-holds';
import { PlayedLog } from './played-log';
import {
  labelledCalls,
  labelsOf,
  poolTargetsOf,
  scopesOf,
  targetsOf,
  WINDOWS,
  type Call,
} from './places';
import type { RealParts } from './real-parts';
import type { Step, StepOf } from './steps';

const SECOND = 1_000_000n;
const HOUR = 3600n * SECOND;
/** What the first targets begin with, each over a window of its own. */
const LIMITS = [15n, 10n, 12n];
const ALL_TIME = { start: null, end: null };

/** Takes each step on the real parts and on the model, and compares every answer. */
export class Play {
  private readonly spends: { readonly spend: Spend; readonly event: ModelEvent }[] = [];
  private readonly calls: readonly Call[];
  private readonly targets: readonly string[];
  private readonly accounts: readonly string[];
  private readonly log: PlayedLog;
  private readonly holds: PlayedHolds;
  private revisions = 0;

  private constructor(
    private readonly real: RealParts,
    private readonly model: Model,
    /** Calls have labels, and budgets are on these, on persons and on the ledger. */
    isOnPools: boolean,
  ) {
    const scopes = scopesOf('x');
    this.calls = isOnPools
      ? labelledCalls('x')
      : scopes.map((scope) => ({ scope, labels: undefined }));
    this.targets = isOnPools ? poolTargetsOf('x') : targetsOf('x');
    const names = isOnPools ? this.calls.flatMap(namesOf) : scopes.flatMap(namesOfScope);
    this.accounts = [...new Set(names)];
    this.log = new PlayedLog(real);
    this.holds = new PlayedHolds(this.calls, model, (event, after) =>
      this.log.leaveInOutbox(event, after),
    );
  }

  static async begin(real: RealParts, { isOnPools = false } = {}): Promise<Play> {
    const play = new Play(real, new Model(await real.clock.now()), isOnPools);
    for (const [budget, limit] of LIMITS.entries()) {
      await play.setBudget({
        kind: 'budget',
        budget,
        limit,
        window: budget,
        enforce: true,
        isRemoved: false,
        validSeconds: null,
        isProjected: true,
      });
    }
    return play;
  }

  async take(step: Step): Promise<void> {
    switch (step.kind) {
      case 'flush':
        return this.flush(step);
      case 'spend':
        return this.spend(step);
      case 'repeat':
        return this.repeat(step);
      case 'budget':
        return this.setBudget(step);
      case 'relay':
        return this.log.relay(step.most, step.dies);
      case 'project':
        return step.partition === null
          ? this.log.projectAll()
          : this.log.project(step.partition, step.most);
      case 'double':
        return this.log.double(step.record);
      case 'rebuild':
        return this.log.rebuild();
      case 'expire':
        return this.expire(step);
      case 'restart':
        return this.real.restart(step.auth);
      case 'expiry':
        return this.awaitExpiry(step);
      case 'clock':
        return this.moveClock(step.micros);
      case 'clockBack':
        return this.moveClock(-step.micros);
    }
  }

  /** What is spent and held of every account, and what a check reads, is what the model says. */
  async compare(): Promise<void> {
    const { clock } = this.model;
    const [spent, held, otherwise, read] = await Promise.all([
      ...[this.real.spent(), this.real.held()],
      ...[this.real.heldOtherwise(), this.real.read(this.calls)],
    ] as const);
    const real = this.accounts.map((name) => [name, spent.get(name) ?? 0n, held.get(name) ?? 0n]);
    const model = this.accounts.map((name) => [
      ...[name, this.model.spent(name, ALL_TIME), this.model.held(name, clock)],
    ]);
    expect(real).toEqual(model);
    for (const [n, judged] of read.entries()) {
      expect(judged.map(numbersOfBudget)).toEqual(this.model.numbers(this.calls[n]!, clock));
    }
    expect(otherwise).toEqual([]);
  }

  /** Everything that is under way arrives. */
  async drain(): Promise<void> {
    // A correction goes after what it corrects.
    for (let n = 0; n < 2; n++) await this.log.relay(1000, 'never');
    await this.log.projectAll();
    expect(await this.real.underWay()).toEqual({ outbox: 0, settling: 0 });
  }

  private async flush({ auth, requests, diesAt }: StepOf<'flush'>): Promise<void> {
    const asked = requests.flatMap((request) => this.holds.ask(request, this.model.clock) ?? []);
    if (asked.length === 0) return;
    const moment = this.model.momentOf(asked.map(({ scope }) => scope));
    const outcomes = await this.real.flush(
      auth,
      asked.map(({ request }) => request),
      diesAt,
    );
    outcomes?.forEach((outcome, n) => asked[n]!.judge(outcome, moment));
  }

  private async expire({ auth, most, diesAt }: StepOf<'expire'>): Promise<void> {
    const { clock } = this.model;
    const owing = this.holds.owing(clock).slice(0, most);
    const moment = this.model.momentOf(owing.map(({ model }) => model.scope));
    const made = await this.real.expire(auth, most, diesAt);
    if (made === undefined) return;
    expect(made).toEqual(owing.map(({ model }) => model.onExpiry));
    for (const hold of owing) this.holds.expired(hold, moment);
  }

  private async spend(step: StepOf<'spend'>): Promise<void> {
    const hold = step.hold === null ? undefined : this.holds.pick(step.hold);
    const { scope, labels: said } =
      hold && step.isForHold ? saying(step.says, hold.model) : this.calls[step.scope]!;
    const time = this.model.clock - BigInt(step.hoursAgo) * HOUR;
    const unknown = newHoldId(0, this.model.clock);
    const spend: Spend = {
      id: randomUUID(),
      source: 'gateway',
      time,
      scope,
      ...(said && { labels: said }),
      currency: TEST_CURRENCY,
      ...(step.cost === null ? { basis: 'unknown' } : { basis: 'exact', amountPico: step.cost }),
      ...(step.hold === null ? {} : { holdId: hold?.id ?? unknown }),
    };
    const outcome = await this.real.record(spend, step.dies);
    expect(outcome?.outcome).toBe(step.dies === 'never' ? 'recorded' : undefined);
    const isOfHold = scope === hold?.model.scope && !contradicts(said, hold.model.labels);
    const state = isOfHold ? hold.model.state : undefined;
    const labels = isOfHold
      ? labelsOf({ ...entriesOf(hold.model.labels), ...entriesOf(said) })
      : said;
    let event: ModelEvent;
    if (hold && (state === 'active' || state === 'expired')) {
      if (state === 'expired') this.holds.amended(hold, 0n, this.model.momentOf([scope]));
      event = this.holds.settled(hold, step.cost, time, this.model.momentOf([scope]), labels);
      hold.settledWith = `spend ${step.cost}`;
      if (step.dies !== 'never') this.log.leaveInOutbox(event);
    } else {
      const amount = step.cost ?? 0n;
      event = { scope, labels, amount, time, wasHeld: false, isProjected: false };
      this.model.events.push(event);
    }
    this.spends.push({ spend, event });
    if (step.dies !== 'before') this.log.hasAppended(event);
  }

  /** Sends a spend once more, also one whose recorder has died. */
  private async repeat(step: StepOf<'repeat'>): Promise<void> {
    const given = this.spends.at(-1 - (step.spend % Math.max(1, this.spends.length)));
    if (!given) return;
    const outcome = await this.real.record(given.spend, 'never');
    expect(outcome).toMatchObject({ outcome: 'recorded', duplicate: true });
    if (!given.event.isProjected) this.log.hasAppended(given.event);
  }

  private async setBudget(step: StepOf<'budget'>): Promise<void> {
    const { limit, validSeconds, enforce } = step;
    const budgetId = `b${step.budget}`;
    const settings = {
      account: this.targets[step.budget]!,
      window: WINDOWS[step.window],
      enforce,
      limit: limit === null ? null : formatMoney(limit),
      ...(validSeconds !== null && {
        validUntil: formatInstant(this.model.clock + BigInt(validSeconds) * SECOND),
      }),
    };
    const read = parseBudget(budgetId, settings);
    if (!read.ok) throw new Error(JSON.stringify(read.errors));
    const revision = (this.revisions += 1);
    const given = step.isRemoved ? null : settings;
    const record = budgetRecord(budgetId, revision, given, this.model.clock);
    const known = { budgetId, revision, budget: step.isRemoved ? null : read.value };
    await this.log.append(record, () => this.model.revisions.push(known));
    if (step.isProjected) await this.log.project(record.partition);
  }

  private async awaitExpiry({ hold, isBefore }: StepOf<'expiry'>): Promise<void> {
    const expiresAt = this.holds.pick(hold)?.model.expiresAt ?? this.model.clock;
    const micros = expiresAt - (isBefore ? 1n : 0n) - this.model.clock;
    if (micros > 0n) await this.moveClock(micros);
  }

  private async moveClock(micros: bigint): Promise<void> {
    this.model.clock += micros;
    await this.real.clock.set(this.model.clock);
  }
}

/** A spend for a hold says its labels, or does not, or another one besides, or another value. */
function saying(says: StepOf<'spend'>['says'], { scope, labels }: Call): Call {
  if (labels === undefined || says === 'nothing') return { scope, labels: undefined };
  return { scope, labels: labelsOf(says === 'more' ? { session: 's' } : { org: 'other' }) };
}

function contradicts(said: Labels | undefined, known: Labels | undefined): boolean {
  return [...(said ?? [])].some(([name, value]) => (known?.get(name) ?? value) !== value);
}

function entriesOf(labels: Labels | undefined): Record<string, string> {
  return Object.fromEntries(labels ?? []);
}
