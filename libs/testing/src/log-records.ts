import { randomUUID } from 'node:crypto';
import {
  instantOf,
  parseBudget,
  parsePriceBook,
  partitionOfBudget,
  partitionOfPrices,
  partitionOfScope,
  picoOfDecimal,
  priceUsage,
  type Adjustment,
  type Instant,
  type Priceable,
  type PriceBook,
  type Scope,
  type Spend,
  type Usage,
} from '#libs/ledger';
import type { NewRecord } from '#libs/spend-log';
import {
  adjustmentContentHash,
  spendContentHash,
  writeAdjustment,
  writeBudgetRevision,
  writeMark,
  writePriceBook,
  writeSpend,
  type LogRecord,
  type Recording,
} from '#libs/wire';
import { TEST_CURRENCY, TEST_PARTITIONS } from './test-database';

const TIME = instantOf('2026-04-27T10:00:00Z');
const CALLER = 'test';

/**
 * The record ingest would write of a spend; what is not given is made up, no amount means unknown. An outcome is that of
 * a hold.
 */
export function spendRecord(
  scope: Scope,
  amount: string | undefined,
  given: Partial<Spend & Omit<Recording, 'caller' | 'contentHash' | 'priced'>> = {},
): NewRecord {
  const { recordedAt = TIME, holdOutcome, holdPools, ledgerLabels, ...members } = given;
  const price =
    amount === undefined
      ? ({ basis: 'unknown' } as const)
      : ({ basis: 'exact', amountPico: picoOfDecimal(amount) } as const);
  const spend: Spend = {
    id: randomUUID(),
    source: 'test-gateway',
    time: TIME,
    scope,
    currency: TEST_CURRENCY,
    ...price,
    ...(holdOutcome === undefined ? {} : { holdId: randomUUID() }),
    ...members,
  };
  const recording = {
    recordedAt,
    caller: CALLER,
    contentHash: spendContentHash(spend),
    ...(holdOutcome === undefined ? {} : { holdOutcome }),
    ...(holdPools && { holdPools }),
    ...(ledgerLabels && { ledgerLabels }),
  };
  return {
    partition: partitionOfScope(scope, TEST_PARTITIONS),
    ...writeSpend({ spend, extensions: {} }, recording),
  };
}

/** The record of a correction of another record's event: what it costs from here on, or that it is reversed. */
export function adjustmentRecord(
  of: NewRecord,
  stated: string | 'reverse',
  given: Partial<Adjustment & Pick<Recording, 'recordedAt'>> = {},
): NewRecord {
  const { recordedAt = TIME, ...members } = given;
  const change =
    stated === 'reverse'
      ? ({ kind: 'reverse' } as const)
      : ({ kind: 'amend', amountPico: picoOfDecimal(stated) } as const);
  const adjustment: Adjustment = {
    id: randomUUID(),
    source: 'test-finance',
    time: TIME,
    adjusts: { source: of.headers['ce_source']!, id: of.headers['ce_id']! },
    ...change,
    reason: 'a test',
    ...members,
  };
  const recording = {
    recordedAt,
    caller: CALLER,
    contentHash: adjustmentContentHash(adjustment),
  };
  return {
    partition: of.partition,
    ...writeAdjustment({ adjustment, extensions: {} }, recording),
  };
}

/** The record of a mark: what follows on it in the partition was not known at this time. */
export function markRecord(partition: number, at: Instant): NewRecord {
  return { partition, ...writeMark(at, CALLER) };
}

/** The record of a budget's revision; `null` removes the budget. A limit of 10.00 over all time unless given. */
export function budgetRecord(
  budgetId: string,
  revision: number,
  settings: object | null,
  recordedAt = TIME,
): NewRecord {
  let budget = null;
  if (settings !== null) {
    const read = parseBudget(budgetId, { limit: '10.00', window: { type: 'total' }, ...settings });
    if (!read.ok) throw new Error(`not a budget: ${JSON.stringify(read.errors)}`);
    budget = read.value;
  }
  return {
    partition: partitionOfBudget(budgetId, TEST_PARTITIONS),
    ...writeBudgetRevision({ budgetId, revision, budget }, { recordedAt, caller: CALLER }),
  };
}

/** The prices of `gpt-5`, 1.25 for a million tokens in and 10 for a million out, unless others are given. */
export function priceBook(
  version: string,
  models: readonly object[] = [{ match: 'gpt-5', input: '1.25', output: '10' }],
): PriceBook {
  const read = parsePriceBook({ version, currency: TEST_CURRENCY, models }, {});
  if (!read.ok) throw new Error(`not prices: ${JSON.stringify(read.errors)}`);
  return read.value;
}

/** The record of a version of the prices. */
export function pricesRecord(book: PriceBook, recordedAt = TIME): NewRecord {
  return {
    partition: partitionOfPrices(book.version, TEST_PARTITIONS),
    ...writePriceBook(book, { recordedAt, caller: CALLER }),
  };
}

/** The record of a spend of `gpt-5` that says its usage, priced by a book if it has one. */
export function usageRecord(
  scope: Scope,
  usage: Usage,
  book: PriceBook | undefined,
  given: Parameters<typeof spendRecord>[2] = {},
): NewRecord {
  const { time = TIME, model = 'gpt-5' } = given;
  const priced = priceUsage<Priceable>({ usage, model }, book, time);
  return spendRecord(scope, undefined, { basis: 'exact', ...priced, ...given });
}

/** Records of one partition as the log gives them out. */
export function logRecords(records: readonly NewRecord[], from = 0n): LogRecord[] {
  return records.map((record, index) => ({ ...record, offset: from + BigInt(index) }));
}
