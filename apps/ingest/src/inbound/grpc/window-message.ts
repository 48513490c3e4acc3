import { formatInstant, parsed, type Instant, type Parsed, type WindowRule } from '#libs/ledger';
import { instantOfTimestamp, snakeCase, timestampOf, type Timestamp } from '#libs/wire';

/** `spendledger.v1.WindowRule`. */
export interface WindowRuleMessage {
  readonly rule?: WindowRule['type'];
  readonly total?: { readonly from?: Timestamp | null };
  readonly calendar?: {
    readonly unit?: string;
    readonly zone?: string;
    readonly start_month?: number;
    readonly start_day?: number;
    readonly start_hour?: number;
  };
  readonly every?: { readonly duration?: string; readonly anchor?: Timestamp | null };
}

const UNIT = 'CALENDAR_UNIT_';

/**
 * A window rule in the form that `parseWindowRule` reads; `undefined`: none is set.
 * @param field the rule's path in the request, such as `budget.window`
 */
export function settingsOfWindowRule(
  message: WindowRuleMessage | null | undefined,
  field: string,
): Parsed<Record<string, unknown> | undefined> {
  switch (message?.rule) {
    case undefined:
      return parsed(undefined);
    case 'total': {
      const from = timeOf(message.total?.from, `${field}.total.from`);
      return from.ok ? parsed(present({ type: 'total', from: from.value })) : from;
    }
    case 'calendar': {
      const { unit, zone, start_month, start_day, start_hour } = message.calendar ?? {};
      return parsed(
        present({
          type: 'calendar',
          unit: unitOf(unit),
          zone,
          startMonth: start_month,
          startDay: start_day,
          startHour: start_hour,
        }),
      );
    }
    case 'every': {
      const anchor = timeOf(message.every?.anchor, `${field}.every.anchor`);
      if (!anchor.ok) return anchor;
      const { duration } = message.every ?? {};
      return parsed(present({ type: 'every', duration, anchor: anchor.value }));
    }
  }
}

export function windowRuleMessage(rule: WindowRule): WindowRuleMessage {
  switch (rule.type) {
    case 'total':
      return { total: rule.from === undefined ? {} : { from: timestampOf(rule.from) } };
    case 'calendar': {
      const { unit, zone, startMonth, startDay, startHour } = rule;
      return {
        calendar: {
          unit: UNIT + unit.toUpperCase(),
          zone,
          ...(startMonth !== undefined && { start_month: startMonth }),
          ...(startDay !== undefined && { start_day: startDay }),
          start_hour: startHour,
        },
      };
    }
    case 'every':
      return { every: { duration: rule.duration, anchor: timestampOf(rule.anchor) } };
  }
}

const TYPE_OF_MEMBER: Readonly<Record<string, WindowRule['type']>> = {
  from: 'total',
  unit: 'calendar',
  zone: 'calendar',
  startMonth: 'calendar',
  startDay: 'calendar',
  startHour: 'calendar',
  duration: 'every',
  anchor: 'every',
};

/** `window.startDay` is `window.calendar.start_day`; the type of a window is which one is set. */
export function windowFieldInProto(field: string): string {
  const member = field.slice('window.'.length);
  const type = TYPE_OF_MEMBER[member];
  return type === undefined ? 'window' : `window.${type}.${snakeCase(member)}`;
}

/** A unit that is no one's word stays what it is, and is refused as such. */
function unitOf(name: string | undefined): unknown {
  if (name === undefined || name === `${UNIT}UNSPECIFIED`) return undefined;
  return typeof name === 'string' && name.startsWith(UNIT)
    ? name.slice(UNIT.length).toLowerCase()
    : name;
}

function timeOf(value: Timestamp | null | undefined, field: string): Parsed<string | undefined> {
  if (!value) return parsed(undefined);
  const instant: Parsed<Instant> = instantOfTimestamp(value, field);
  return instant.ok ? parsed(formatInstant(instant.value)) : instant;
}

function present(members: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
