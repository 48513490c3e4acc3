import type { Labels } from '#libs/ledger';
import type { Decision } from '../decision';

/**
 * Whole numbers of any size, which JSON does not have, stand as `{"$int": "…"}`. Its labels are the hold's, which stand
 * beside it.
 */
export function storeDecision({ labels: _ofTheHold, ...decision }: Decision): string {
  return JSON.stringify(decision, (_name, value: unknown) =>
    typeof value === 'bigint' ? { $int: value.toString() } : value,
  );
}

export function restoreDecision(text: string, labels: Labels | undefined): Decision {
  const decision = JSON.parse(text, (_name, value: unknown) =>
    isInt(value) ? BigInt(value.$int) : value,
  ) as Decision;
  return labels === undefined ? decision : { ...decision, labels };
}

function isInt(value: unknown): value is { readonly $int: string } {
  return typeof value === 'object' && value !== null && '$int' in value;
}
