import { labelsInOrder, type Labels } from '#libs/ledger';

/** Labels as their column has them, in the order of their names. */
export function storedLabels(column: Readonly<Record<string, string>>): Labels {
  return labelsInOrder(Object.entries(column));
}
