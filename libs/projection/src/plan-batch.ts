import { instantOf, type Instant } from '#libs/ledger';
import {
  readEvent,
  type BudgetRemoved,
  type BudgetSet,
  type LedgerEvent,
  type LogRecord,
  type PricesSet,
  type SpendAdjusted,
  type SpendRecorded,
  type SpendRules,
} from '#libs/wire';
import { homeOf } from './home-of';

export interface PlanRules extends SpendRules {
  /** How many partitions the ledger has. */
  readonly partitions: number;
}

/** An event where the log has it, with the instant at which the ledger knew of it. */
export type Known<E> = E & { readonly offset: bigint; readonly knownAt: Instant };

/** Each event after it needs a microsecond of its own before time ends with the year 9999. */
const LAST_RECORDED_AT = instantOf('9999-01-01T00:00:00Z');

/** What a batch of records comes to. */
export interface Plan {
  readonly spends: readonly Known<SpendRecorded>[];
  /** With their records: one that corrects nothing is quarantined. */
  readonly adjustments: readonly (Known<SpendAdjusted> & { readonly record: LogRecord })[];
  readonly budgetChanges: readonly Known<BudgetSet | BudgetRemoved>[];
  readonly prices: readonly Known<PricesSet>[];
  readonly quarantined: readonly { readonly record: LogRecord; readonly reason: string }[];
  /** The last record's `knownAt`; `undefined` while the partition has had none. */
  readonly knownAt: Instant | undefined;
}

/**
 * Sorts the records of one partition: a pure function of their bytes, so that every replay comes to the same rows.
 * `knownAt` is the later of an event's recordedAt and one microsecond after the event before it.
 */
export function planBatch(
  records: readonly LogRecord[],
  knownUpTo: Instant | undefined,
  rules: PlanRules,
): Plan {
  const spends: Known<SpendRecorded>[] = [];
  const adjustments: (Known<SpendAdjusted> & { record: LogRecord })[] = [];
  const budgetChanges: Known<BudgetSet | BudgetRemoved>[] = [];
  const prices: Known<PricesSet>[] = [];
  const quarantined: { record: LogRecord; reason: string }[] = [];
  let knownAt = knownUpTo;
  for (const record of records) {
    const read = readEvent(record, rules);
    if (!read.ok) {
      const reason = read.errors.map(({ field, message }) => `${field}: ${message}`).join('; ');
      quarantined.push({ record, reason });
      continue;
    }
    const event = read.value;
    const reason = misfit(event, record, rules);
    if (reason !== undefined) {
      quarantined.push({ record, reason });
      continue;
    }
    knownAt = knownAt === undefined || event.recordedAt > knownAt ? event.recordedAt : knownAt + 1n;
    const known = { offset: record.offset, knownAt };
    switch (event.kind) {
      case 'spend_recorded':
        spends.push({ ...event, ...known });
        break;
      case 'spend_adjusted':
        adjustments.push({ ...event, ...known, record });
        break;
      case 'budget_set':
      case 'budget_removed':
        budgetChanges.push({ ...event, ...known });
        break;
      case 'prices_set':
        prices.push({ ...event, ...known });
        break;
      case 'log_marked':
        // It has moved `knownAt`, and says nothing else.
        break;
    }
  }
  return { spends, adjustments, budgetChanges, prices, quarantined, knownAt };
}

/** Why an event that can be read has no place in the projection. */
function misfit(event: LedgerEvent, record: LogRecord, rules: PlanRules): string | undefined {
  const home = homeOf(event, rules.partitions);
  if (home !== undefined && home !== record.partition) {
    return 'the record is not in the partition of its owner';
  }
  return event.recordedAt > LAST_RECORDED_AT
    ? 'recordedat: leaves those after it no time to be known at'
    : undefined;
}
