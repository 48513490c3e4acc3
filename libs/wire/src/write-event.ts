import {
  formatInstant,
  formatMoney,
  printBudget,
  type Budget,
  type Instant,
  type PriceBook,
  type Spend,
} from '#libs/ledger';
import { adjustmentData, contentHash, spendData } from './content-hash';
import { BUDGETS_SOURCE, EVENT_TYPES, MARKS_SOURCE, PRICES_SOURCE } from './event-type';
import type { ReportedAdjustment, ReportedSpend } from './parse-reported';
import { writeRecord, type Priced, type RecordBytes, type Recording } from './record';

/** Writes the record of a spend. */
export function writeSpend(
  reported: ReportedSpend,
  recording: Omit<Recording, 'priced'>,
): RecordBytes {
  const { spend, extensions } = reported;
  return writeRecord(
    {
      id: spend.id,
      source: spend.source,
      type: EVENT_TYPES.spendRecorded,
      time: spend.time,
      extensions,
      data: spendData(spend),
    },
    { ...recording, ...pricedOf(spend) },
  );
}

function pricedOf({ usage, amountPico, pricedBy }: Spend): { readonly priced?: Priced } {
  if (usage === undefined || amountPico === undefined || pricedBy === undefined) return {};
  return { priced: { amount: formatMoney(amountPico), version: pricedBy } };
}

/** Writes the record of a correction. */
export function writeAdjustment(
  { adjustment, extensions }: ReportedAdjustment,
  recording: Recording,
): RecordBytes {
  const { id, source, time } = adjustment;
  const type = EVENT_TYPES.spendAdjusted;
  return writeRecord(
    { id, source, type, time, extensions, data: adjustmentData(adjustment) },
    recording,
  );
}

/** Writes a mark: what follows on it in its partition was not known at `at`. */
export function writeMark(at: Instant, caller: string): RecordBytes {
  const id = { source: MARKS_SOURCE, id: formatInstant(at) };
  const type = EVENT_TYPES.logMarked;
  return writeRecord(
    { ...id, type, time: at, extensions: {}, data: {} },
    { recordedAt: at, caller, contentHash: contentHash({ type }) },
  );
}

/** A change of a budget, as one revision of it: its claim is the compare-and-set between administrators. */
export interface BudgetRevision {
  readonly budgetId: string;
  readonly revision: number;
  /** The new settings; `null` removes the budget. */
  readonly budget: Budget | null;
}

export function budgetRevisionId(
  budgetId: string,
  revision: number,
): { source: string; id: string } {
  return { source: BUDGETS_SOURCE, id: `${budgetId}/${revision}` };
}

/** Writes the record of a budget's revision; its time is when it was recorded. */
export function writeBudgetRevision(
  change: BudgetRevision,
  recording: Omit<Recording, 'contentHash'>,
): RecordBytes {
  return writeRecord(
    {
      ...budgetRevisionId(change.budgetId, change.revision),
      type: budgetEventType(change),
      time: recording.recordedAt,
      extensions: {},
      data: budgetData(change),
    },
    { ...recording, contentHash: budgetContentHash(change) },
  );
}

export function budgetContentHash(change: BudgetRevision): string {
  return contentHash({ type: budgetEventType(change), ...budgetData(change) });
}

export function priceBookId(version: string): { source: string; id: string } {
  return { source: PRICES_SOURCE, id: version };
}

/** Writes the record of a version of the prices; its time is when it was recorded. */
export function writePriceBook(
  book: Pick<PriceBook, 'version' | 'document'>,
  recording: Omit<Recording, 'contentHash'>,
): RecordBytes {
  return writeRecord(
    {
      ...priceBookId(book.version),
      type: EVENT_TYPES.pricesSet,
      time: recording.recordedAt,
      extensions: {},
      data: book.document,
    },
    { ...recording, contentHash: priceBookHash(book) },
  );
}

export function priceBookHash({ document }: Pick<PriceBook, 'document'>): string {
  return contentHash({ type: EVENT_TYPES.pricesSet, ...document });
}

function budgetEventType(change: BudgetRevision): string {
  return change.budget === null ? EVENT_TYPES.budgetRemoved : EVENT_TYPES.budgetSet;
}

function budgetData({ budgetId, revision, budget }: BudgetRevision): object {
  return budget === null ? { budgetId, revision } : { ...printBudget(budget), revision };
}
