import {
  parseAmount,
  parseBudget,
  parseBudgetId,
  parsed,
  parseId,
  parseInstant,
  parsePriceBook,
  refused,
  type Parsed,
  type Spend,
} from '#libs/ledger';
import { extensionFaults, extensionsOf, type CloudEvent } from './cloud-event';
import { BUDGETS_SOURCE, EVENT_TYPES, MARKS_SOURCE, PRICES_SOURCE } from './event-type';
import type {
  BudgetRemoved,
  BudgetSet,
  Fact,
  HoldEffect,
  LedgerEvent,
  LogMarked,
  PricesSet,
  SpendAdjusted,
  SpendRecorded,
} from './ledger-event';
import { readMarks } from './ledger-marks';
import { parseAdjustment } from './parse-adjustment';
import { parseSpend, type SpendRules } from './parse-spend';
import { readRecord, type RecordBytes } from './record';

/** The last revision that its column can hold. */
const LAST = 2 ** 31 - 1;
const HOLD_OUTCOMES: readonly HoldEffect[] = ['settled', 'ended', 'foreign', 'unknown'];

/**
 * Reads a record of the log: a pure function of its bytes and the ledger's currency, so that a replay quarantines the
 * same records for ever. Upcasters of older versions go into the switch.
 */
export function readEvent(record: RecordBytes, rules: SpendRules): Parsed<LedgerEvent> {
  const read = readRecord(record);
  return read.ok ? readFactOf(read.value, rules) : read;
}

/** As `readEvent`, of a record that was taken apart. */
export function readFactOf(event: CloudEvent, rules: SpendRules): Parsed<LedgerEvent> {
  const fact = readFact(event);
  if (!fact.ok) return fact;
  const type = event.attributes['type'];
  switch (type) {
    case EVENT_TYPES.spendRecorded:
      return readSpend(event, fact.value, rules);
    case EVENT_TYPES.spendAdjusted:
      return readAdjustment(event, fact.value);
    case EVENT_TYPES.logMarked:
      return readMark(event, fact.value);
    case EVENT_TYPES.budgetSet:
    case EVENT_TYPES.budgetRemoved:
      return readBudgetChange(event, fact.value, type === EVENT_TYPES.budgetSet);
    case EVENT_TYPES.pricesSet:
      return readPrices(event, fact.value, rules);
    default:
      return refused('type', 'one_of', 'the record is of no type this ledger knows');
  }
}

function readFact({ attributes }: CloudEvent): Parsed<Fact> {
  const recordedAt = parseInstant(attributes['recordedat'], 'recordedat');
  if (!recordedAt.ok) return recordedAt;
  const { caller, contenthash } = attributes;
  if (typeof caller !== 'string') return refused('caller', 'string', 'the record names no caller');
  if (!caller.isWellFormed() || caller.includes('\0')) {
    return refused('caller', 'well_formed', 'holds U+0000 or half of a surrogate pair');
  }
  if (typeof contenthash !== 'string' || !/^[0-9a-f]{64}$/.test(contenthash)) {
    return refused('contenthash', 'sha256', 'the record has no hash of its content');
  }
  return parsed({ recordedAt: recordedAt.value, caller, contentHash: contenthash });
}

function readSpend(event: CloudEvent, fact: Fact, rules: SpendRules): Parsed<SpendRecorded> {
  const said = parseSpend(event, rules);
  if (!said.ok) return said;
  const spend = readPriced(event, said.value);
  if (!spend.ok) return spend;
  const faults = extensionFaults(event);
  if (faults.length > 0) return { ok: false, errors: faults };
  const outcome = readHoldOutcome(event, spend.value);
  if (!outcome.ok) return outcome;
  const extensions = extensionsOf(event);
  return parsed({
    kind: 'spend_recorded',
    spend: spend.value,
    extensions,
    ...outcome.value,
    ...readMarks(event),
    ...fact,
  });
}

/** What usage was priced at when it was recorded: no later prices change it. */
function readPriced({ attributes }: CloudEvent, spend: Spend): Parsed<Spend> {
  const { ledgeramount, ledgerprices } = attributes;
  if (spend.usage === undefined) return parsed(spend);
  if (ledgeramount === undefined && ledgerprices === undefined) return parsed(spend);
  const amountPico = parseAmount(ledgeramount, 'ledgeramount');
  if (!amountPico.ok) return amountPico;
  const pricedBy = parseId(ledgerprices, 'ledgerprices');
  if (!pricedBy.ok) return pricedBy;
  return parsed({ ...spend, amountPico: amountPico.value, pricedBy: pricedBy.value });
}

function readAdjustment(event: CloudEvent, fact: Fact): Parsed<SpendAdjusted> {
  const adjustment = parseAdjustment(event);
  if (!adjustment.ok) return adjustment;
  const faults = extensionFaults(event);
  if (faults.length > 0) return { ok: false, errors: faults };
  const extensions = extensionsOf(event);
  return parsed({ kind: 'spend_adjusted', adjustment: adjustment.value, extensions, ...fact });
}

function readMark({ attributes }: CloudEvent, fact: Fact): Parsed<LogMarked> {
  return attributes['source'] === MARKS_SOURCE
    ? parsed({ kind: 'log_marked', ...fact })
    : refused('source', 'one_of', `a mark is of ${MARKS_SOURCE}`);
}

function readHoldOutcome(
  { attributes }: CloudEvent,
  { holdId }: Spend,
): Parsed<Pick<SpendRecorded, 'holdOutcome'>> {
  const outcome = attributes['holdoutcome'];
  if (outcome === undefined) return parsed({});
  if (holdId === undefined) return refused('holdoutcome', 'absent', 'the spend names no hold');
  return isHoldOutcome(outcome)
    ? parsed({ holdOutcome: outcome })
    : refused('holdoutcome', 'one_of', `must be one of ${HOLD_OUTCOMES.join(', ')}`);
}

function isHoldOutcome(value: unknown): value is HoldEffect {
  return HOLD_OUTCOMES.some((outcome) => outcome === value);
}

function readBudgetChange(
  { attributes, data }: CloudEvent,
  fact: Fact,
  isSet: boolean,
): Parsed<BudgetSet | BudgetRemoved> {
  if (typeof data !== 'object' || data === null)
    return refused('data', 'object', 'must be an object');
  const { budgetId, revision, ...settings } = data as Record<string, unknown>;
  const id = parseBudgetId(budgetId, 'data.budgetId');
  if (!id.ok) return id;
  if (!Number.isInteger(revision) || (revision as number) < 1 || (revision as number) > LAST) {
    return refused('data.revision', 'revision', `must be a whole number from 1 to ${LAST}`);
  }
  const number = revision as number;
  if (attributes['source'] !== BUDGETS_SOURCE || attributes['id'] !== `${id.value}/${number}`) {
    return refused('id', 'revision', 'a change of a budget is named <budgetId>/<revision>');
  }
  if (!isSet)
    return parsed({ kind: 'budget_removed', budgetId: id.value, revision: number, ...fact });
  const budget = parseBudget(id.value, settings);
  if (!budget.ok) return budget;
  return parsed({ kind: 'budget_set', budget: budget.value, revision: number, ...fact });
}

function readPrices(
  { attributes, data }: CloudEvent,
  fact: Fact,
  rules: SpendRules,
): Parsed<PricesSet> {
  const book = parsePriceBook(data, rules);
  if (!book.ok) {
    const inData = (field: string) => (field === '' ? 'data' : `data.${field}`);
    return { ok: false, errors: book.errors.map((e) => ({ ...e, field: inData(e.field) })) };
  }
  return attributes['source'] === PRICES_SOURCE && attributes['id'] === book.value.version
    ? parsed({ kind: 'prices_set', book: book.value, ...fact })
    : refused('id', 'version', `a version of the prices is of ${PRICES_SOURCE} and has its name`);
}
