import {
  parsed,
  refused,
  windowsFrom,
  type Instant,
  type Parsed,
  type Window,
  type WindowRule,
} from '#libs/ledger';

export interface PreviewRequest {
  readonly window: WindowRule;
  /** Now, unless given. */
  readonly at: Instant | undefined;
  /** 5, unless given. */
  readonly count: number | undefined;
}

const DEFAULT_COUNT = 5;
const MOST_WINDOWS = 1000;

/** The window that holds an instant and the next ones: what a budget would count over, before it is set. */
export function previewWindows(
  { window, at, count = DEFAULT_COUNT }: PreviewRequest,
  now: () => Instant,
): Window[] {
  return windowsFrom(window, at ?? now(), count);
}

export function parseWindowCount(value: unknown, field: string): Parsed<number> {
  if (!Number.isInteger(value)) return refused(field, 'whole_number', 'must be a whole number');
  const count = value as number;
  return count < 1 || count > MOST_WINDOWS
    ? refused(field, 'range', 'must be from 1 to 1000')
    : parsed(count);
}
