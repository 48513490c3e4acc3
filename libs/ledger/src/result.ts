/** What is wrong with one field of an input: `field` is a path such as `data.scope.userId`, `rule` a stable word. */
export interface FieldError {
  readonly field: string;
  readonly rule: string;
  readonly message: string;
}

/** The outcome of reading untrusted input: the value, or every fault that was found in it. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly errors: readonly FieldError[] };

export function parsed<T>(value: T): Parsed<T> {
  return { ok: true, value };
}

export function refused(field: string, rule: string, message: string): Parsed<never> {
  return { ok: false, errors: [{ field, rule, message }] };
}

/** A member that must be there is not. */
export function missing(field: string): Parsed<never> {
  return refused(field, 'required', 'is missing');
}
