import { formatInstant, type Window } from '#libs/ledger';

/** A window's bounds as they are stored beside its sum, and as Postgres reads them. */
export interface StoredBounds {
  readonly starts: string;
  readonly ends: string;
}

/** By budget, what its account has spent between two instants: a column of the balance. */
export type StoredWindows = Readonly<
  Record<string, readonly [starts: string, ends: string, spent: string]>
>;

/** Nearly every question is about the windows that the last one was about. */
const printed = new WeakMap<Window, StoredBounds>();

export function storedBounds(window: Window): StoredBounds {
  const known = printed.get(window);
  if (known !== undefined) return known;
  const { start, end } = window;
  const bounds = {
    starts: start === null ? '-infinity' : formatInstant(start),
    ends: end === null ? 'infinity' : formatInstant(end),
  };
  printed.set(window, bounds);
  return bounds;
}
