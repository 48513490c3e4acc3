import type { StoredBudget } from '#libs/balances';
import {
  formatInstant,
  printBudget,
  type Budget,
  type FieldError,
  type Parsed,
} from '#libs/ledger';
import { instantOfTimestamp, snakeCase, timestampOf, type Timestamp } from '#libs/wire';
import { etagOf } from '../etag';
import {
  settingsOfWindowRule,
  windowFieldInProto,
  windowRuleMessage,
  type WindowRuleMessage,
} from './window-message';

/** `spendledger.v1.Budget`. */
export interface BudgetMessage {
  readonly budget_id: string;
  readonly account: string;
  readonly limit_kind?: 'limit' | 'unlimited';
  readonly limit?: string;
  readonly unlimited?: boolean;
  readonly window?: WindowRuleMessage | null;
  readonly warn_at?: readonly string[];
  readonly enforce?: boolean;
  readonly outage?: string;
  readonly valid_until?: Timestamp | null;
  readonly etag?: string;
  readonly require?: boolean;
}

const OUTAGES: Readonly<Record<string, string>> = {
  OUTAGE_UNSPECIFIED: 'closed',
  OUTAGE_CLOSED: 'closed',
  OUTAGE_OPEN: 'open',
};

/** The settings of a budget message in the form that `parseBudget` reads. */
export function settingsOfMessage(message: BudgetMessage): Parsed<Record<string, unknown>> {
  const errors: FieldError[] = [];
  const take = <T>(result: Parsed<T>): T | undefined => {
    if (result.ok) return result.value;
    errors.push(...result.errors);
    return undefined;
  };
  const validUntil =
    message.valid_until && take(instantOfTimestamp(message.valid_until, 'budget.valid_until'));
  const window = take(settingsOfWindowRule(message.window, 'budget.window'));
  if (message.limit_kind === 'unlimited' && message.unlimited !== true) {
    errors.push({
      field: 'budget.unlimited',
      rule: 'true',
      message: 'must be true, or the limit set',
    });
  }
  if (errors.length > 0) return { ok: false, errors };
  const outage = OUTAGES[message.outage ?? 'OUTAGE_UNSPECIFIED'] ?? message.outage;
  return {
    ok: true,
    value: {
      account: message.account,
      ...(message.limit_kind && { limit: message.limit_kind === 'limit' ? message.limit : null }),
      ...(window && { window }),
      warnAt: message.warn_at ?? [],
      enforce: message.enforce ?? true,
      outage,
      ...(typeof validUntil === 'bigint' && { validUntil: formatInstant(validUntil) }),
      ...(message.require === true && { require: true }),
    },
  };
}

export function budgetMessage(budget: Budget, revision: number): BudgetMessage {
  const document = printBudget(budget);
  const { validUntil } = budget;
  return {
    budget_id: document.budgetId,
    account: document.account,
    ...(document.limit === null ? { unlimited: true } : { limit: document.limit }),
    window: windowRuleMessage(budget.window),
    warn_at: document.warnAt,
    enforce: document.enforce,
    outage: document.outage === 'open' ? 'OUTAGE_OPEN' : 'OUTAGE_CLOSED',
    ...(validUntil === undefined ? {} : { valid_until: timestampOf(validUntil) }),
    ...(budget.require === true && { require: true }),
    etag: revision > 0 ? etagOf(revision) : '',
  };
}

export function storedBudgetMessage({ budget, revision }: StoredBudget): BudgetMessage {
  return budgetMessage(budget!, revision);
}

/** `warnAt[0]` of a budget is `budget.warn_at[0]` over gRPC. */
export function budgetFieldInProto(field: string): string {
  if (field === '') return 'budget';
  if (field.startsWith('window')) return `budget.${windowFieldInProto(field)}`;
  return `budget.${snakeCase(field)}`;
}
