import {
  formatInstant,
  memberPath,
  missing,
  parsed,
  parseId,
  parseInstant,
  parseScope,
  refused,
  secretFaults,
  type FieldError,
  type Instant,
  type Parsed,
  type Spend,
} from '#libs/ledger';
import { attributeFaults, extensionsOf, type CloudEvent } from './cloud-event';
import { EVENT_TYPES, OWN_SOURCES } from './event-type';
import { parseCost } from './parse-cost';

/** A spend as a producer reported it, with the CloudEvents extensions that travel with it. */
export interface ReportedSpend {
  readonly spend: Spend;
  readonly extensions: Readonly<Record<string, string>>;
}

export interface SpendRules {
  /** The one currency of the ledger, such as `USD`. */
  readonly currency: string;
}

const MEMBERS = [
  'scope',
  'amount',
  'currency',
  'basis',
  'requestId',
  'holdId',
  'model',
  'metadata',
];
const MAX_AHEAD_MICROS = 5n * 60n * 1_000_000n;

/**
 * Reads a spend out of a CloudEvent a stranger sent (CONTRACT §2) and reports every fault. On top of what a record
 * must be, a door refuses secrets, the ledger's own sources, and times more than 5 minutes ahead of `now`.
 */
export function parseReportedSpend(
  event: CloudEvent,
  rules: SpendRules & { readonly now: Instant },
): Parsed<ReportedSpend> {
  const spend = parseSpend(event, rules);
  const errors = [
    ...secretFaults(event.attributes, ''),
    ...secretFaults(event.data, 'data'),
    ...attributeFaults(event),
  ];
  if (!spend.ok) return { ok: false, errors: oncePerField([...errors, ...spend.errors]) };
  if (spend.value.source.startsWith(OWN_SOURCES)) {
    errors.push({
      field: 'source',
      rule: 'reserved',
      message: `must not begin with ${OWN_SOURCES}`,
    });
  }
  if (spend.value.time > rules.now + MAX_AHEAD_MICROS) {
    errors.push({
      field: 'time',
      rule: 'not_ahead',
      message: `must be at most 5 minutes ahead of the ledger's clock, which says ${formatInstant(rules.now)}`,
    });
  }
  if (errors.length > 0) return { ok: false, errors: oncePerField(errors) };
  return parsed({ spend: spend.value, extensions: extensionsOf(event) });
}

/** Reads a spend out of a CloudEvent: the rules every record obeys, whenever it was written. */
export function parseSpend({ attributes, data }: CloudEvent, rules: SpendRules): Parsed<Spend> {
  if (attributes['type'] === undefined) return missing('type');
  if (attributes['type'] !== EVENT_TYPES.spendRecorded) {
    return refused('type', 'one_of', `must be ${EVENT_TYPES.spendRecorded}`);
  }
  if (data === undefined) return missing('data');
  if (typeof data !== 'object' || data === null || Array.isArray(data)) {
    return refused('data', 'object', 'must be a JSON object');
  }
  const given = data as Record<string, unknown>;
  const errors: FieldError[] = Object.keys(given)
    .filter((name) => !MEMBERS.includes(name))
    .map((name) => ({
      field: memberPath('data', name),
      rule: 'unknown_member',
      message: 'a spend does not have it',
    }));
  const take = <T>(result: Parsed<T>): T | undefined => {
    if (result.ok) return result.value;
    errors.push(...result.errors);
    return undefined;
  };
  const optionalId = (name: string): Record<string, string> => {
    const id = given[name] === undefined ? undefined : take(parseId(given[name], `data.${name}`));
    return id === undefined ? {} : { [name]: id };
  };
  const cost = take(parseCost(given, 'data'));
  const spend = {
    id: take(parseId(attributes['id'], 'id')),
    source: take(parseId(attributes['source'], 'source')),
    time: take(parseInstant(attributes['time'], 'time')),
    scope: take(parseScope(given['scope'], 'data.scope')),
    currency: take(parseCurrency(orDefault(given['currency'], rules.currency), rules)),
    ...cost,
    ...optionalId('requestId'),
    ...optionalId('holdId'),
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

/** A field that is a secret may break other rules too; the first fault of a field says enough. */
function oncePerField(errors: readonly FieldError[]): FieldError[] {
  const seen = new Set<string>();
  return errors.filter(({ field }) => !seen.has(field) && seen.add(field));
}
