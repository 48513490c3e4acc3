import { labelOfDefault, parseBudgetTarget, type BudgetTarget } from './budget-target';
import { formatInstant, parseInstant, type Instant } from './instant';
import { formatMoney, parseAmount } from './money';
import { isObject, strangersOf } from './members';
import { parsed, refused, type Parsed } from './result';
import { parseShares } from './share';
import { parseWindowRule } from './window/parse-window-rule';
import { printWindowRule, type WindowRuleDocument } from './window/print-window';
import type { WindowRule } from './window/window-rule';

/** What happens to a check when the ledger is behind and the budget is not known to be exceeded. */
export type OutageRule = 'closed' | 'open';

/** A limit on one account (or a default for a kind of account) over one window. */
export interface Budget {
  readonly budgetId: string;
  readonly account: BudgetTarget;
  /** 10^-12 units; `null` is no limit, zero allows nothing. */
  readonly limitPico: bigint | null;
  readonly window: WindowRule;
  /** Shares of spent to limit, as given. */
  readonly warnAt: readonly string[];
  /** A budget that is not enforced reports and never blocks. */
  readonly enforce: boolean;
  readonly outage: OutageRule;
  /** After it the former setting holds again. */
  readonly validUntil?: Instant;
  /** Only of a default for a label: calls without that label are refused. */
  readonly require?: true;
}

/** A budget as callers write and read it, defaults filled in. */
export interface BudgetDocument {
  readonly budgetId: string;
  readonly account: string;
  readonly limit: string | null;
  readonly window: WindowRuleDocument;
  readonly warnAt: readonly string[];
  readonly enforce: boolean;
  readonly outage: OutageRule;
  readonly validUntil?: string;
  readonly require?: true;
}

const BUDGET_ID = /^[A-Za-z0-9._~:@-]{1,128}$/;
const MEMBERS = [
  'budgetId',
  'account',
  'limit',
  'window',
  'warnAt',
  'enforce',
  'outage',
  'validUntil',
  'require',
];

export function parseBudgetId(value: unknown, field: string): Parsed<string> {
  if (typeof value !== 'string' || !BUDGET_ID.test(value)) {
    return refused(field, 'budget_id', 'must be 1 to 128 letters, digits or . _ ~ : @ -');
  }
  return parsed(value);
}

/**
 * Reads the settings of a budget (docs/api.md, Budgets), filling in defaults; reports every faulty member. A budget that was
 * read may be written back, so its own `budgetId` may stand among them.
 */
export function parseBudget(budgetId: string, value: unknown): Parsed<Budget> {
  if (!isObject(value)) return refused('', 'object', 'must be a JSON object');
  const given = value;
  const errors = strangersOf(given, MEMBERS, '', 'a budget does not have it');
  const take = <T>(result: Parsed<T>): T | undefined => {
    if (result.ok) return result.value;
    errors.push(...result.errors);
    return undefined;
  };
  take(parseOwnId(given['budgetId'], budgetId));
  const account = take(required(given, 'account', parseBudgetTarget));
  const limitPico = take(required(given, 'limit', parseLimit));
  const window = take(required(given, 'window', parseWindowRule));
  const warnAt = take(parseShares(orDefault(given['warnAt'], []), 'warnAt'));
  const enforce = take(parseFlag(orDefault(given['enforce'], true), 'enforce'));
  const outage = take(parseOutage(orDefault(given['outage'], 'closed'), 'outage'));
  const validUntil =
    given['validUntil'] === undefined
      ? undefined
      : take(parseInstant(given['validUntil'], 'validUntil'));
  const require = take(parseRequire(given['require'], account));
  if (errors.length > 0) return { ok: false, errors };
  return parsed({
    budgetId,
    account: account!,
    limitPico: limitPico!,
    window: window!,
    warnAt: warnAt!,
    enforce: enforce!,
    outage: outage!,
    ...(validUntil === undefined ? {} : { validUntil }),
    ...(require === true ? { require } : {}),
  });
}

export function printBudget(budget: Budget): BudgetDocument {
  return {
    budgetId: budget.budgetId,
    account: budget.account,
    limit: budget.limitPico === null ? null : formatMoney(budget.limitPico),
    window: printWindowRule(budget.window),
    warnAt: budget.warnAt,
    enforce: budget.enforce,
    outage: budget.outage,
    ...(budget.validUntil === undefined ? {} : { validUntil: formatInstant(budget.validUntil) }),
    ...(budget.require === undefined ? {} : { require: budget.require }),
  };
}

function parseOwnId(value: unknown, budgetId: string): Parsed<void> {
  return value === undefined || value === budgetId
    ? parsed(undefined)
    : refused('budgetId', 'same_id', 'must be the id in the path, or be left out');
}

function required<T>(
  given: Record<string, unknown>,
  name: string,
  parse: (value: unknown, field: string) => Parsed<T>,
): Parsed<T> {
  return given[name] === undefined
    ? refused(name, 'required', `a budget needs ${name}`)
    : parse(given[name], name);
}

/** Absent is not null: `enforce: null` is a fault, not the default. */
function orDefault(value: unknown, absent: unknown): unknown {
  return value === undefined ? absent : value;
}

function parseLimit(value: unknown, field: string): Parsed<bigint | null> {
  return value === null ? parsed(null) : parseAmount(value, field);
}

function parseFlag(value: unknown, field: string): Parsed<boolean> {
  return typeof value === 'boolean'
    ? parsed(value)
    : refused(field, 'boolean', 'must be true or false');
}

/** `false` is what absence says. */
function parseRequire(value: unknown, account: BudgetTarget | undefined): Parsed<boolean> {
  const flag = parseFlag(orDefault(value, false), 'require');
  if (!flag.ok || !flag.value || account === undefined) return flag;
  return labelOfDefault(account) === undefined
    ? refused('require', 'account', 'is for the default of a label alone: label:<name>/*')
    : flag;
}

function parseOutage(value: unknown, field: string): Parsed<OutageRule> {
  return value === 'closed' || value === 'open'
    ? parsed(value)
    : refused(field, 'one_of', 'must be closed or open');
}
