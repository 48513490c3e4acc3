import { faultsOfEach, type FieldError } from './result';
import { memberPath } from './secret';

export type Members = Readonly<Record<string, unknown>>;

/** Whether a value of JSON is an object. */
export function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The faults of members that an object may not have. @param message continues a member's path */
export function strangersOf(
  given: Members,
  known: readonly string[],
  field: string,
  message: string,
): FieldError[] {
  const strange = Object.keys(given).filter((name) => !known.includes(name));
  return faultsOfEach(strange, (name) => ({
    field: memberPath(field, name),
    rule: 'unknown_member',
    message,
  }));
}
