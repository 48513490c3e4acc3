import {
  defaultForMembers,
  formatAccount,
  formatInstant,
  formatMoney,
  picoOfDecimal,
  type Instant,
  type WindowRuleDocument,
} from '#libs/ledger';
import { readDouble, roundToPico } from '../double';
import { fitId, type Renamed } from '../fit-id';
import { DASHBOARD_TEAM } from '../scope-of-row';
import { instantOfTimestamp } from '../timestamp';
import { budgetIdOf, type LimitKind } from './budget-id';
import type { LimitRow, NotMoved } from './limit-row';
import { windowOfDuration, type Faithful, type ResetRules } from './window-of-duration';

/** A budget as it is to be set, in the form in which callers write one. */
export interface PlannedBudget {
  readonly budgetId: string;
  readonly account: string;
  readonly limit: string;
  readonly window: WindowRuleDocument;
  readonly faithful: Faithful;
  readonly warnAt?: readonly string[];
  readonly enforce?: false;
  readonly validUntil?: string;
}

export interface LimitPlan {
  /** In the order in which they are to be set: of one budget the lasting setting before the temporary one. */
  readonly budgets: readonly PlannedBudget[];
  readonly notMoved: readonly NotMoved[];
}

export interface PlanRules extends ResetRules {
  /** What is over by then is over. */
  readonly now: Instant;
}

/** LiteLLM keeps the budget of the whole proxy as a user of this name. */
const PROXY_BUDGET = 'litellm-proxy-budget';
const ONE_PICO = picoOfDecimal('1');

const FIELDS: Readonly<Record<LimitKind, string>> = {
  user: 'userId',
  key: 'keyId',
  team: 'teamId',
  members: 'teamId',
  member: 'teamId',
};

const WHY = {
  noNumber: 'LiteLLM takes it for no limit',
  memberZero: 'zero turns a member’s limit off in LiteLLM; here it would block: decide',
  noLimit: 'without a limit it never blocked (LiteLLM #26672)',
  noEnd: 'LiteLLM does not say until when',
  tooShort: 'the shortest window is a minute',
  proxy: 'a budget of the whole proxy has no account here',
  dashboard: 'a session of LiteLLM’s console',
  tooLarge: 'a limit has at most 15 digits before the point',
  softAbove: 'it lies above the limit, so it never warned before it',
  notKept: 'the ledger does not keep it; LiteLLM still does',
} as const;

/** What a row of LiteLLM's limits becomes: budgets, and what cannot be moved. */
export function planLimits(
  row: LimitRow,
  rules: PlanRules,
  onRenamed?: (renamed: Renamed) => void,
): LimitPlan {
  const plan = new Plan(row, rules, onRenamed);
  plan.all();
  return plan;
}

class Plan implements LimitPlan {
  readonly budgets: PlannedBudget[] = [];
  readonly notMoved: NotMoved[] = [];
  private readonly ids: readonly string[];

  constructor(
    private readonly row: LimitRow,
    private readonly rules: PlanRules,
    onRenamed?: (renamed: Renamed) => void,
  ) {
    const { kind, id, memberId } = row;
    const owner = fitId(id, FIELDS[kind], onRenamed);
    this.ids = memberId === null ? [owner] : [owner, fitId(memberId, 'userId', onRenamed)];
  }

  all(): void {
    const { row } = this;
    for (const [what, value] of Object.entries(row.others)) {
      if (value !== null) this.stays(what, value, WHY.notKept);
    }
    const foreign = whyForeign(row);
    if (foreign !== undefined) {
      if (row.maxBudget !== null) this.stays('max_budget', row.maxBudget, foreign);
      return;
    }
    this.main();
    for (const limit of limitsOf(row.limits)) this.oneOfSeveral(limit);
  }

  private main(): void {
    const { maxBudget, softBudget, duration, resetAt } = this.row;
    if (maxBudget !== null) {
      const limit = this.limitOf('max_budget', maxBudget);
      if (limit === undefined) return;
      const share = softBudget === null ? undefined : this.shareOf(softBudget, limit);
      this.add(limit, duration, resetAt, { ...(share && { warnAt: [share] }) });
      this.temporary(limit, duration, resetAt, share);
    } else if (softBudget !== null) {
      const limit = this.limitOf('soft_budget', softBudget);
      if (limit !== undefined) this.add(limit, duration, resetAt, { enforce: false });
    } else if (duration !== null) {
      this.stays('budget_duration', duration, WHY.noLimit);
    }
  }

  private oneOfSeveral(limit: OneLimit): void {
    const pico = this.limitOf('budget_limits', limit.max);
    if (pico !== undefined) this.add(pico, limit.duration, limit.resetAt, {}, limit.duration);
  }

  private temporary(
    limit: bigint,
    duration: string | null,
    resetAt: string | null,
    share: string | undefined,
  ): void {
    const { temporaryIncrease, temporaryUntil } = this.row;
    if (temporaryIncrease === null) return;
    const until = instantOfTimestamp(temporaryUntil);
    if (until === undefined) {
      this.stays('temp_budget_increase', temporaryIncrease, WHY.noEnd);
      return;
    }
    if (until <= this.rules.now) return;
    const more = this.limitOf('temp_budget_increase', temporaryIncrease);
    if (more === undefined) return;
    this.add(limit + more, duration, resetAt, {
      ...(share && { warnAt: [share] }),
      validUntil: formatInstant(until),
    });
  }

  private add(
    limitPico: bigint,
    duration: string | null,
    resetAt: string | null,
    rest: Pick<PlannedBudget, 'warnAt' | 'enforce' | 'validUntil'>,
    named?: string,
  ): void {
    const window = windowOfDuration(duration, instantOfTimestamp(resetAt), this.rules);
    if (window === undefined) {
      this.stays('budget_duration', `${formatMoney(limitPico)} per ${duration}`, WHY.tooShort);
      return;
    }
    this.budgets.push({
      budgetId: budgetIdOf(this.row.kind, this.ids, named),
      account: accountOf(this.row, this.ids),
      limit: formatMoney(limitPico),
      ...window,
      ...rest,
    });
  }

  private limitOf(what: string, double: string): bigint | undefined {
    const exact = readDouble(double);
    if (exact === undefined || exact.units < 0n) return this.stays(what, double, WHY.noNumber);
    const pico = roundToPico(exact);
    if (pico >= 10n ** 15n * ONE_PICO) return this.stays(what, double, WHY.tooLarge);
    const isMember = this.row.kind === 'member' || this.row.kind === 'members';
    return pico === 0n && isMember ? this.stays(what, double, WHY.memberZero) : pico;
  }

  /** Of the limit; a decimal of at most 12 digits, rounded half up. */
  private shareOf(softBudget: string, limit: bigint): string | undefined {
    const soft = readDouble(softBudget);
    if (soft === undefined || soft.units <= 0n || limit === 0n) {
      return this.stays('soft_budget', softBudget, WHY.noNumber);
    }
    const pico = roundToPico(soft);
    if (pico > limit) return this.stays('soft_budget', softBudget, WHY.softAbove);
    const share = (2n * pico * ONE_PICO + limit) / (2n * limit);
    return share === 0n ? undefined : formatMoney(share).replace(/0$/, '').replace(/\.0?$/, '');
  }

  private stays(what: string, value: string, why: string): undefined {
    const { kind } = this.row;
    this.notMoved.push({ kind, id: this.ids.join('/'), what, value, why });
  }
}

function whyForeign({ kind, id, teamId }: LimitRow): string | undefined {
  if (kind === 'user' && id === PROXY_BUDGET) return WHY.proxy;
  const isDashboard = teamId === DASHBOARD_TEAM || (kind === 'team' && id === DASHBOARD_TEAM);
  return isDashboard ? WHY.dashboard : undefined;
}

function accountOf({ kind }: LimitRow, [id, memberId]: readonly string[]): string {
  switch (kind) {
    case 'user':
      return formatAccount({ kind, userId: id! });
    case 'key':
      return formatAccount({ kind, keyId: id! });
    case 'team':
      return formatAccount({ kind, teamId: id! });
    case 'members':
      return defaultForMembers(id!);
    case 'member':
      return formatAccount({ kind, teamId: id!, userId: memberId! });
  }
}

interface OneLimit {
  readonly max: string;
  readonly duration: string;
  readonly resetAt: string | null;
}

/** What is none of LiteLLM's shape is no limit to LiteLLM either. */
function limitsOf(text: string | null): OneLimit[] {
  const list: unknown = text === null ? [] : JSON.parse(text);
  if (!Array.isArray(list)) return [];
  return list.flatMap((each: unknown) => {
    const {
      max_budget: max,
      budget_duration: duration,
      reset_at: resetAt,
    } = (each ?? {}) as Record<string, unknown>;
    if (typeof max !== 'number' || typeof duration !== 'string') return [];
    return [{ max: String(max), duration, resetAt: typeof resetAt === 'string' ? resetAt : null }];
  });
}
