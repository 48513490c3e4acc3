import {
  formatInstant,
  formatMoney,
  instantOf,
  picoOfDecimal,
  type WindowDocument,
} from '#libs/ledger';
import type { WarningTable } from '#libs/postgres';
import type { Selectable } from 'kysely';

/** A warning as callers see it. */
export interface WarningDocument {
  readonly warningId: string;
  readonly budgetId: string;
  readonly account: string;
  readonly share: string;
  /** Money, as they were when it was kept. */
  readonly limit: string;
  readonly spent: string;
  readonly window: WindowDocument;
  readonly warnedAt: string;
  /** As a `minPosition` it makes any answer include what was warned of. */
  readonly position: string;
}

/** What became of it at the operator's receiver. */
export interface DeliveryDocument {
  /** `pending` also where no projector has a receiver. */
  readonly state: 'pending' | 'delivered' | 'given_up';
  readonly at: string | null;
  readonly attempts: number;
  readonly lastFailure: string | null;
}

export function printWarning(row: Selectable<WarningTable>): WarningDocument {
  return {
    warningId: row.warning_id,
    budgetId: row.budget_id,
    account: row.account,
    share: row.share,
    limit: printMoney(row.limit_amount),
    spent: printMoney(row.spent),
    window: { start: printTime(row.window_start), end: printTime(row.window_end) },
    warnedAt: formatInstant(instantOf(row.warned_at)),
    position: row.position,
  };
}

export function printDelivery(row: Selectable<WarningTable>): DeliveryDocument {
  const { delivered_at, next_attempt_at } = row;
  return {
    state: delivered_at !== null ? 'delivered' : next_attempt_at !== null ? 'pending' : 'given_up',
    at: printTime(delivered_at),
    attempts: row.attempts,
    lastFailure: row.last_failure,
  };
}

function printMoney(decimal: string): string {
  return formatMoney(picoOfDecimal(decimal));
}

function printTime(time: string | null): string | null {
  return time === null ? null : formatInstant(instantOf(time));
}
