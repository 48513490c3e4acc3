import { FIRST_INSTANT, LAST_INSTANT, type Instant } from '../instant';
import { calendarWindows } from './calendar-window';
import { everyWindows } from './every-window';
import type { Bounds, CalendarRule, EveryRule, TotalRule, Window, WindowRule } from './window-rule';

/** Nearly every question is about the window that the last one was about. Forgotten with its rule. */
const lastWindows = new WeakMap<WindowRule, Window>();

/** The window that holds an instant. */
export function windowOf(rule: WindowRule, at: Instant): Window {
  if (rule.type === 'total') return totalWindow(rule);
  const last = lastWindows.get(rule);
  if (last !== undefined && holds(last, at)) return last;
  const window = cut(boundsFrom(rule, at).next().value);
  lastWindows.set(rule, window);
  return window;
}

/** The window that holds an instant and the ones after it, at most so many: after one without an end comes none. */
export function windowsFrom(rule: WindowRule, at: Instant, count: number): Window[] {
  const windows: Window[] = [];
  for (const window of eachWindowFrom(rule, at)) {
    windows.push(window);
    if (windows.length >= count) break;
  }
  return windows;
}

/** Likewise, one after the other for as long as more are asked for. */
export function* eachWindowFrom(rule: WindowRule, at: Instant): Generator<Window, void> {
  if (rule.type === 'total') {
    yield totalWindow(rule);
    return;
  }
  for (const bounds of boundsFrom(rule, at)) {
    const window = cut(bounds);
    yield window;
    if (window.end === null) return;
  }
}

function totalWindow({ from }: TotalRule): Window {
  return { start: from ?? null, end: null };
}

function boundsFrom(rule: CalendarRule | EveryRule, at: Instant): Generator<Bounds, never> {
  return rule.type === 'calendar' ? calendarWindows(rule, at) : everyWindows(rule, at);
}

function cut({ start, end }: Bounds): Window {
  return {
    start: start < FIRST_INSTANT ? null : start,
    end: end > LAST_INSTANT ? null : end,
  };
}

function holds({ start, end }: Window, at: Instant): boolean {
  return (start === null || start <= at) && (end === null || at < end);
}
