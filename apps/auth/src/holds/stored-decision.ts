import type { Decision } from '../decision';

/** Whole numbers of any size, which JSON does not have, stand as `{"$int": "…"}`. */
export function storeDecision(decision: Decision): string {
  return JSON.stringify(decision, (_name, value: unknown) =>
    typeof value === 'bigint' ? { $int: value.toString() } : value,
  );
}

export function restoreDecision(text: string): Decision {
  return JSON.parse(text, (_name, value: unknown) =>
    isInt(value) ? BigInt(value.$int) : value,
  ) as Decision;
}

function isInt(value: unknown): value is { readonly $int: string } {
  return typeof value === 'object' && value !== null && '$int' in value;
}
