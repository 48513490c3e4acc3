import { formatInstant } from '../instant';
import type { CalendarUnit, Window, WindowRule } from './window-rule';

/** A window rule as callers read it, defaults filled in. */
export type WindowRuleDocument =
  | { readonly type: 'total'; readonly from?: string }
  | {
      readonly type: 'calendar';
      readonly unit: CalendarUnit;
      readonly zone: string;
      readonly startMonth?: number;
      readonly startDay?: number;
      readonly startHour: number;
    }
  | { readonly type: 'every'; readonly duration: string; readonly anchor: string };

export interface WindowDocument {
  readonly start: string | null;
  readonly end: string | null;
}

/** The order of the members is part of the records that hold a budget. */
export function printWindowRule(rule: WindowRule): WindowRuleDocument {
  switch (rule.type) {
    case 'total':
      return { type: 'total', ...(rule.from !== undefined && { from: formatInstant(rule.from) }) };
    case 'calendar':
      return {
        type: 'calendar',
        unit: rule.unit,
        zone: rule.zone,
        ...(rule.startMonth !== undefined && { startMonth: rule.startMonth }),
        ...(rule.startDay !== undefined && { startDay: rule.startDay }),
        startHour: rule.startHour,
      };
    case 'every':
      return { type: 'every', duration: rule.duration, anchor: formatInstant(rule.anchor) };
  }
}

export function printWindow({ start, end }: Window): WindowDocument {
  return {
    start: start === null ? null : formatInstant(start),
    end: end === null ? null : formatInstant(end),
  };
}
