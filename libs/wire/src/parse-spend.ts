import {
  isObject,
  missing,
  parsed,
  parseId,
  parseInstant,
  parseLabels,
  parseScope,
  refused,
  strangersOf,
  type FieldError,
  type Parsed,
  type Spend,
} from '#libs/ledger';
import type { CloudEvent } from './cloud-event';
import { EVENT_TYPES } from './event-type';
import { parseCost } from './parse-cost';

export interface SpendRules {
  /** The one currency of the ledger, such as `USD`. */
  readonly currency: string;
}

const MEMBERS = [
  'scope',
  'amount',
  'usage',
  'currency',
  'basis',
  'requestId',
  'holdId',
  'model',
  'labels',
  'metadata',
];

/** Reads a spend out of a CloudEvent: the rules every record obeys, whenever it was written. */
export function parseSpend({ attributes, data }: CloudEvent, rules: SpendRules): Parsed<Spend> {
  if (attributes['type'] === undefined) return missing('type');
  if (attributes['type'] !== EVENT_TYPES.spendRecorded) {
    return refused('type', 'one_of', `must be ${EVENT_TYPES.spendRecorded}`);
  }
  if (data === undefined) return missing('data');
  if (!isObject(data)) return refused('data', 'object', 'must be a JSON object');
  const errors: FieldError[] = strangersOf(data, MEMBERS, 'data', 'a spend does not have it');
  const take = <T>(result: Parsed<T>): T | undefined => {
    if (result.ok) return result.value;
    errors.push(...result.errors);
    return undefined;
  };
  const optionalId = (name: string): Record<string, string> => {
    const id = data[name] === undefined ? undefined : take(parseId(data[name], `data.${name}`));
    return id === undefined ? {} : { [name]: id };
  };
  const labels =
    data['labels'] === undefined ? undefined : take(parseLabels(data['labels'], 'data.labels'));
  const cost = take(parseCost(data, 'data'));
  const spend = {
    id: take(parseId(attributes['id'], 'id')),
    source: take(parseId(attributes['source'], 'source')),
    time: take(parseInstant(attributes['time'], 'time')),
    scope: take(parseScope(data['scope'], 'data.scope')),
    currency: take(parseCurrency(orDefault(data['currency'], rules.currency), rules)),
    ...cost,
    ...optionalId('requestId'),
    ...optionalId('holdId'),
    ...(labels === undefined ? {} : { labels }),
  };
  return errors.length > 0 ? { ok: false, errors } : parsed(spend as Spend);
}

/** Absent is not null: what is null was meant to say something. */
function orDefault(value: unknown, absent: string): unknown {
  return value === undefined ? absent : value;
}

function parseCurrency(value: unknown, { currency }: SpendRules): Parsed<string> {
  return value === currency
    ? parsed(currency)
    : refused('data.currency', 'currency', `must be ${currency}: a ledger has one currency`);
}
