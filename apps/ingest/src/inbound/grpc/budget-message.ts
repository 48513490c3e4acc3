import type { StoredBudget } from '#libs/balances';
import {
  formatInstant,
  instantOf,
  printBudget,
  type Budget,
  type FieldError,
  type Parsed,
} from '#libs/ledger';
import { instantOfTimestamp, snakeCase, timestampOf, type Timestamp } from '#libs/wire';
import { etagOf } from '../etag';

/** `spendledger.v1.Budget`. */
export interface BudgetMessage {
  readonly budget_id: string;
  readonly account: string;
  readonly limit_kind?: 'limit' | 'unlimited';
  readonly limit?: string;
  readonly unlimited?: boolean;
  readonly window?: WindowMessage | null;
  readonly warn_at?: readonly string[];
  readonly enforce?: boolean;
  readonly outage?: string;
  readonly valid_until?: Timestamp | null;
  readonly etag?: string;
}

interface WindowMessage {
  readonly rule?: 'total' | 'calendar' | 'every';
  readonly total?: { readonly from?: Timestamp | null };
}

const OUTAGES: Readonly<Record<string, string>> = {
  OUTAGE_UNSPECIFIED: 'closed',
  OUTAGE_CLOSED: 'closed',
  OUTAGE_OPEN: 'open',
};

/** The settings of a budget message in the form that `parseBudget` reads. */
export function settingsOfMessage(message: BudgetMessage): Parsed<Record<string, unknown>> {
  const errors: FieldError[] = [];
  const time = (value: Timestamp | null | undefined, field: string): string | undefined => {
    if (!value) return undefined;
    const instant = instantOfTimestamp(value, field);
    if (instant.ok) return formatInstant(instant.value);
    errors.push(...instant.errors);
    return undefined;
  };
  const validUntil = time(message.valid_until, 'budget.valid_until');
  const from = time(message.window?.total?.from, 'budget.window.total.from');
  if (message.limit_kind === 'unlimited' && message.unlimited !== true) {
    errors.push({
      field: 'budget.unlimited',
      rule: 'true',
      message: 'must be true, or the limit set',
    });
  }
  if (errors.length > 0) return { ok: false, errors };
  const outage = OUTAGES[message.outage ?? 'OUTAGE_UNSPECIFIED'] ?? message.outage;
  const { rule } = message.window ?? {};
  return {
    ok: true,
    value: {
      account: message.account,
      ...(message.limit_kind && { limit: message.limit_kind === 'limit' ? message.limit : null }),
      ...(rule && {
        window: rule === 'total' ? { type: rule, ...(from && { from }) } : { type: rule },
      }),
      warnAt: message.warn_at ?? [],
      enforce: message.enforce ?? true,
      outage,
      ...(validUntil && { validUntil }),
    },
  };
}

export function budgetMessage(budget: Budget, revision: number): BudgetMessage {
  const { window, validUntil } = printBudget(budget);
  const document = printBudget(budget);
  const from = window.from === undefined ? {} : { from: timestampOf(instantOf(window.from)) };
  return {
    budget_id: document.budgetId,
    account: document.account,
    ...(document.limit === null ? { unlimited: true } : { limit: document.limit }),
    window: { total: from },
    warn_at: document.warnAt,
    enforce: document.enforce,
    outage: document.outage === 'open' ? 'OUTAGE_OPEN' : 'OUTAGE_CLOSED',
    ...(validUntil === undefined ? {} : { valid_until: timestampOf(instantOf(validUntil)) }),
    etag: revision > 0 ? etagOf(revision) : '',
  };
}

export function storedBudgetMessage({ budget, revision }: StoredBudget): BudgetMessage {
  return budgetMessage(budget!, revision);
}

/** `warnAt[0]` of a budget is `budget.warn_at[0]` over gRPC. */
export function budgetFieldInProto(field: string): string {
  if (field === '') return 'budget';
  // The type of a window is which one is set.
  if (field === 'window.type') return 'budget.window';
  if (field === 'window.from') return 'budget.window.total.from';
  return `budget.${snakeCase(field)}`;
}
