import type { Labels } from '#libs/ledger';

/** Labels as their column has them, in the order of their names. */
export function storedLabels(column: Readonly<Record<string, string>>): Labels {
  return new Map(Object.entries(column).sort(([one], [other]) => (one < other ? -1 : 1)));
}
