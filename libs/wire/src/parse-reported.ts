import {
  formatInstant,
  labelFaults,
  parsed,
  secretFaults,
  withMore,
  type Adjustment,
  type EventId,
  type FieldError,
  type Instant,
  type Labels,
  type Parsed,
  type Spend,
} from '#libs/ledger';
import { attributeFaults, extensionsOf, type CloudEvent } from './cloud-event';
import { EVENT_TYPES, GATEWAY_SOURCES, OWN_SOURCES } from './event-type';
import { parseAdjustment } from './parse-adjustment';
import { parseSpend, type SpendRules } from './parse-spend';

/** A spend as a producer reported it, with the CloudEvents extensions that travel with it. */
export interface ReportedSpend {
  readonly spend: Spend;
  readonly extensions: Readonly<Record<string, string>>;
  /** Labels that the bindings of who reports it fill in; it says none of their names. */
  readonly boundLabels?: Labels | undefined;
}

/** A correction, likewise. */
export interface ReportedAdjustment {
  readonly adjustment: Adjustment;
  readonly extensions: Readonly<Record<string, string>>;
}

export interface DoorRules extends SpendRules {
  readonly now: Instant;
  /** The names that labels may have; absent: any. */
  readonly labels?: ReadonlySet<string> | undefined;
}

/** How far clocks may differ. */
export const MAX_AHEAD_MICROS = 5n * 60n * 1_000_000n;

/** Reads what a stranger sent, a spend or a correction by its type, and reports every fault. */
export function parseReported(
  event: CloudEvent,
  rules: DoorRules,
): Parsed<ReportedSpend | ReportedAdjustment> {
  if (event.attributes['type'] !== EVENT_TYPES.spendAdjusted) {
    return parseReportedSpend(event, rules);
  }
  const adjustment = atDoor(event, rules, parseAdjustment(event));
  return adjustment.ok
    ? parsed({ adjustment: adjustment.value, extensions: extensionsOf(event) })
    : adjustment;
}

/** Reads a spend out of a CloudEvent a stranger sent (docs/api.md) and reports every fault. */
export function parseReportedSpend(event: CloudEvent, rules: DoorRules): Parsed<ReportedSpend> {
  const spend = atDoor(event, rules, parseKnownSpend(event, rules));
  return spend.ok ? parsed({ spend: spend.value, extensions: extensionsOf(event) }) : spend;
}

/** A label with a typo would be counted where nobody looks. */
function parseKnownSpend(event: CloudEvent, rules: DoorRules): Parsed<Spend> {
  const spend = parseSpend(event, rules);
  if (!spend.ok) return spend;
  const errors = labelFaults(spend.value.labels, rules.labels, 'data.labels');
  return errors.length > 0 ? { ok: false, errors } : spend;
}

/** What settles holds, and what the doors of gateways record: no stranger may say the like. */
export const RESERVED_SOURCES = [OWN_SOURCES, GATEWAY_SOURCES];

/**
 * On top of what a record must be, a door refuses secrets, the sources of the ledger's own doors, and times more than 5 minutes
 * ahead of `now`.
 */
function atDoor<T extends EventId & { readonly time: Instant }>(
  event: CloudEvent,
  { now }: DoorRules,
  read: Parsed<T>,
): Parsed<T> {
  const errors = [
    ...secretFaults(event.attributes, ''),
    ...secretFaults(event.data, 'data'),
    ...attributeFaults(event),
  ];
  if (!read.ok) return { ok: false, errors: oncePerField([...errors, ...read.errors]) };
  const reserved = RESERVED_SOURCES.find((begin) => read.value.source.startsWith(begin));
  if (reserved !== undefined) {
    errors.push({ field: 'source', rule: 'reserved', message: `must not begin with ${reserved}` });
  }
  if (read.value.time > now + MAX_AHEAD_MICROS) {
    errors.push({
      field: 'time',
      rule: 'not_ahead',
      message: `must be at most 5 minutes ahead of the ledger's clock, which says ${formatInstant(now)}`,
    });
  }
  return errors.length > 0 ? { ok: false, errors: oncePerField(errors) } : read;
}

/** A field that is a secret may break other rules too; the first fault of a field says enough. */
function oncePerField(errors: readonly FieldError[]): FieldError[] {
  const seen = new Set<string>();
  const listed = errors.filter(({ field }) => !seen.has(field) && seen.add(field));
  const more = errors.filter((error) => !listed.includes(error)).map(({ more }) => more ?? 0);
  return withMore(
    listed,
    more.reduce((sum, one) => sum + one, 0),
  );
}
